"""Honest books agree; what PostgreSQL says wrongly is caught, as that and as nothing else."""

import pytest
from fabricated_ledgers import Ledgers

from deploy.auditing.audit import CHECKS, leads_to


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
        {"not_ended", "abandoned"},
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
        {"done_without_message"},
    ),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_in_postgresql_is_caught(ledgers: Ledgers, lie: str) -> None:
    sql, caught = LIES[lie]
    await ledgers.connection.execute(sql)
    assert set(await ledgers.differences()) == caught


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
