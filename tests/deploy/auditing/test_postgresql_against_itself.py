"""Honest books agree; what PostgreSQL says wrongly is caught, as that and as nothing else."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from fabricated_ledgers import OWNER, Ledgers

from deploy.auditing.audit import CHECKS, leads_to
from deploy.auditing.listing_checks import LISTINGS
from models.status import MessageState, NotificationState, Phase, Result, status


async def test_honest_books_agree_and_a_duplicate_after_an_unknown_is_explained(
    ledgers: Ledgers,
) -> None:
    report = await ledgers.audit(complete=True, rates={"twilio": 2})
    assert report.agrees, [f for f in report.findings if f.differences]
    assert len(report.findings) == len(CHECKS)
    assert report.counts["more_than_once"] == 1
    assert {result: n for result, _, n in report.books} == {
        "sent": 2,
        "refused": 1,
        "expired": 1,
        "suppressed": 1,
        "unknown": 1,
    }


OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"
REPAIR = OPERATIONS.read_text().split("```sql\n")[1].split("```")[0]
LISTED = {
    "a notification that is in no list": (
        "DELETE FROM notification_listing",
        {"not_listed_once"},
    ),
    "a notification that is listed twice": (
        "INSERT INTO notification_listing SELECT kind, 'failed', id FROM notification_listing",
        {"not_listed_once", "listed_otherwise"},
    ),
    "a listing of nobody": (
        "INSERT INTO notification_listing SELECT kind, status, gen_random_uuid()"
        " FROM notification_listing",
        {"not_listed_once"},
    ),
    "a listing that the end has not moved": (
        "UPDATE notification_listing SET status = 'open'",
        {"listed_otherwise"},
    ),
    "a listing that knows nothing of the late acceptance": (
        "UPDATE notification_listing SET status = 'unknown'",
        {"listed_otherwise"},
    ),
    "a listing as a status that no list asks for": (
        "UPDATE notification_listing SET status = 'refused'",
        {"listed_otherwise"},
    ),
    "a listing under another kind": (
        "UPDATE notification_listing SET kind = kind + 1",
        {"kind_otherwise"},
    ),
    "no kind": (
        "UPDATE notification SET kind = NULL",
        {"kind_otherwise", "metadata_otherwise"},
    ),
    "a kind that no list knows": (
        "DELETE FROM notification_kind",
        {"kind_otherwise"},
    ),
    "a kind that is not its priority": (
        "UPDATE notification SET priority = 'low'",
        {"kind_otherwise"},
    ),
    "a kind of other channels, whatever its row says": (
        "UPDATE notification SET channels = '{sms}';"
        "UPDATE notification_kind SET channels = '{sms}'",
        {"kind_otherwise"},
    ),
    "an entry of metadata that nothing is found by": (
        "DELETE FROM notification_metadata",
        {"metadata_otherwise"},
    ),
    "an entry of metadata that it does not have": (
        "INSERT INTO notification_metadata SELECT pair + 1, kind, notification_id"
        " FROM notification_metadata",
        {"metadata_otherwise"},
    ),
    "an entry of metadata under another kind": (
        "UPDATE notification_metadata SET kind = kind + 1",
        {"metadata_otherwise"},
    ),
    "metadata that has changed": (
        """UPDATE notification SET metadata = '{"order": "4712"}'""",
        {"metadata_otherwise"},
    ),
}

# What a lie in PostgreSQL is caught as: each by these checks and no other.
LIES = {
    "a notification without a reason": (
        "UPDATE notification SET end_reason = NULL",
        {"ended_without_reason"},
    ),
    "an end before its messages' ends": (
        "UPDATE message SET phase = 'queued', result = NULL, version = 2 WHERE seq = 4;"
        "DELETE FROM event WHERE seq = 4 AND version = 3",
        {"ended_with_open_message"},
    ),
    "an end nobody saw": (
        "UPDATE notification SET ended_at = NULL, end_reason = NULL",
        {"not_ended", "abandoned", "listed_otherwise"},
    ),
    "other words for an address": (
        """UPDATE notification SET addresses = '{"email": "eve@example.com"}'""",
        {"other_address"},
    ),
    "a result that the books do not know": (
        "ALTER TABLE message DROP CONSTRAINT IF EXISTS message_result_check;"
        "UPDATE message SET result = 'mislaid' WHERE seq = 3",
        {"unbooked", "impossible_move"},
    ),
    "a message without a reason": (
        "UPDATE message SET reason = '' WHERE seq = 3",
        {"without_reason"},
    ),
    "a claim without an intent": (
        "DELETE FROM attempt WHERE seq = 1",
        {"intent_missing", "sent_without_acceptance", "without_attempt", "forbidden"},
    ),
    "an end as expired, although it may have been sent": (
        "UPDATE attempt SET outcome = 'unknown' WHERE seq = 4",
        {"doubt_denied"},
    ),
    "a refusal, although it was sent": (
        "UPDATE attempt SET outcome = 'accepted' WHERE seq = 3",
        {"doubt_denied", "accepted_without_effect"},
    ),
    "an attempt nobody ended": (
        "UPDATE attempt SET outcome = NULL WHERE seq = 3",
        {"attempt_without_end"},
    ),
    "a send recorded as refused": (
        "UPDATE attempt SET outcome = 'refused' WHERE seq = 1;"
        "UPDATE message SET result = 'refused' WHERE seq = 1;"
        "UPDATE event SET kind = 'refused' WHERE seq = 1 AND kind = 'sent'",
        {"forbidden"},
    ),
    "a re-send that names no unknown": (
        "UPDATE attempt SET retry_of = NULL WHERE seq = 2",
        {"silent_duplicate"},
    ),
    "a re-send of what was certain": (
        "UPDATE attempt SET outcome = 'retry' WHERE seq = 2 AND n = 1",
        {"silent_duplicate"},
    ),
    "a send after its expiry": (
        "UPDATE message SET expires_at = created_at - interval '1 hour' WHERE seq = 1",
        {"after_expiry"},
    ),
    "a claim after the cancellation": (
        "UPDATE notification SET cancelled_at = now() - interval '1 day'",
        {"claimed_after_cancel"},
    ),
    "a claim for a suppressed address": (
        "INSERT INTO application (id, name) SELECT DISTINCT application_id, 'demo' FROM message"
        " ON CONFLICT DO NOTHING;"
        "INSERT INTO suppression SELECT application_id, channel, address, 'bounced',"
        " now() - interval '1 day' FROM message WHERE seq = 3",
        {"claimed_after_suppression"},
    ),
    "an event that is missing": (
        "DELETE FROM event WHERE seq = 3 AND version = 1",
        {"version_gap", "impossible_move"},
    ),
    "no events at all": (
        "DELETE FROM event WHERE seq = 6",
        {"version_gap", "impossible_move"},
    ),
    "a move that the machine does not have": (
        "UPDATE event SET kind = 'released' WHERE seq = 3 AND version = 2",
        {"impossible_move"},
    ),
    "a state that the events do not lead to": (
        "UPDATE message SET result = 'expired' WHERE seq = 3",
        {"impossible_move"},
    ),
    "a version that was not told": (
        "UPDATE message SET version = version + 1 WHERE seq = 3",
        {"version_gap"},
    ),
    "a message that was deleted": (
        "DELETE FROM message WHERE seq = 1",
        {"without_message", "attempt_without_message"},
    ),
    "a notification that is done without any message": (
        "UPDATE message SET notification_id = application_id",
        {"done_without_message", "listed_otherwise"},
    ),
    **LISTED,
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_in_postgresql_is_caught(ledgers: Ledgers, lie: str) -> None:
    sql, caught = LIES[lie]
    await ledgers.connection.execute(sql)
    assert set(await ledgers.differences()) == caught


MINUTE = "interval '1 minute'"


@pytest.mark.parametrize(
    ("due_at", "listed", "agrees"),
    [
        ("created_at", "open", True),
        ("created_at", "scheduled", False),
        (f"now() + {MINUTE}", "scheduled", True),
        (f"now() + {MINUTE}", "open", False),
        # It came due: the listing is taken from `scheduled` when it is decided.
        (f"created_at + {MINUTE}", "scheduled", True),
        (f"created_at + {MINUTE}", "open", True),
        (f"created_at + {MINUTE}", "sent", False),
    ],
)
@pytest.mark.parametrize("cancelled_at", ["NULL", "now()"])
async def test_before_its_messages_it_is_listed_by_its_time(
    ledgers: Ledgers, due_at: str, listed: str, agrees: bool, cancelled_at: str
) -> None:
    await ledgers.connection.execute(
        "DELETE FROM message; UPDATE notification SET ended_at = NULL, end_reason = NULL,"
        f" created_at = created_at - interval '1 hour', expires_at = now() + interval '1 day',"
        f" cancelled_at = {cancelled_at};"
        f"UPDATE notification SET due_at = {due_at};"
        f"UPDATE notification_listing SET status = '{listed}'"
    )
    assert ("listed_otherwise" not in await ledgers.differences()) is agrees


@pytest.mark.parametrize(
    ("end_reason", "listed"),
    [("cancelled", "cancelled"), ("expired", "expired"), ("no_contact", "failed")],
)
async def test_what_ended_without_messages_is_listed_by_its_reason(
    ledgers: Ledgers, end_reason: str, listed: str
) -> None:
    await ledgers.connection.execute(
        f"DELETE FROM message; UPDATE notification SET end_reason = '{end_reason}'"
    )
    assert "listed_otherwise" in await ledgers.differences()
    await ledgers.connection.execute(f"UPDATE notification_listing SET status = '{listed}'")
    assert "listed_otherwise" not in await ledgers.differences()


@pytest.mark.parametrize("result", Result)
@pytest.mark.parametrize("receipt", ["none", "failed", "delivered"])
@pytest.mark.parametrize("opened", [False, True])
async def test_what_ended_is_listed_as_what_its_message_makes_of_it(
    ledgers: Ledgers, result: Result, receipt: str, opened: bool
) -> None:
    await ledgers.connection.execute(
        "DELETE FROM message WHERE seq > 1;"
        f"UPDATE message SET result = '{result}', receipt = '{receipt}',"
        f" opened_at = CASE WHEN {opened} THEN now() END"
    )
    one = NotificationState(datetime.now(UTC), end_reason="done")
    meant = status(one, [MessageState(Phase.ENDED, result, receipt, opened)], one.due_at)
    await ledgers.connection.execute("UPDATE notification_listing SET status = $1", meant.value)
    assert "listed_otherwise" not in await ledgers.differences()


@pytest.mark.parametrize("lie", sorted(LISTED.keys() - {"a listing of nobody"}))
async def test_the_documented_repair_makes_it_agree(ledgers: Ledgers, lie: str) -> None:
    sql, _ = LISTED[lie]
    await ledgers.connection.execute(sql)
    await ledgers.connection.execute(REPAIR.replace(":'id'", f"'{OWNER}'"))
    assert not {check.name for check in LISTINGS} & (await ledgers.differences()).keys()


def test_every_check_of_listings_is_shown_to_catch_something() -> None:
    assert {check.name for check in LISTINGS} == set().union(*(c for _, c in LISTED.values()))


@pytest.mark.parametrize(
    ("state", "events", "possible"),
    [
        ("queued", "queued", True),
        ("unknown", "queued handing_over unknown", True),
        ("ended unknown", "queued handing_over unknown", False),
        ("ended unknown", "queued handing_over unknown held", True),
        ("ended sent", "queued handing_over worker_lost held sent", True),
        ("queued", "queued handing_over unknown held resend", False),
        ("queued", "queued queued", False),
        ("queued", "", False),
        ("queued", "queued dancing", False),
    ],
)
def test_a_life_is_walked_by_the_state_machine(state: str, events: str, possible: bool) -> None:
    assert leads_to(state, events.split()) is possible
