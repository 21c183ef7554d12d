"""A campaign that is as it should be agrees; each defect is caught, alone or among all."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from api_in_process import SECRET_KEYS
from fabricated_campaigns import (
    ACCOUNT,
    APPLICATION,
    HONEST,
    SECOND,
    Effect,
    FabricatedCampaign,
    effect,
)

from deploy.auditing.audit import OF_CAMPAIGNS
from deploy.auditing.campaign_life import can_be
from deploy.auditing.report import sums
from deploy.auditing.sandbox_accounts import Sandbox
from deploy.local.ports import Ports
from models.errors import NotFound
from models.seal import Keyring


@pytest.mark.parametrize("alone", [True, False])
async def test_an_honest_campaign_agrees_while_it_runs(
    campaign: FabricatedCampaign, alone: bool
) -> None:
    report = await campaign.audit(alone=alone)
    assert report.agrees, [(f.check.name, f.ids) for f in report.findings if f.differences]
    assert (report.counts["campaigns"], report.counts["windows"]) == (1, 3)
    assert sums(report) == {
        "sent": 4,
        "refused": 1,
        "suppressed": 2,
        "expired": 1,
        "cancelled": 0,
        "unknown": 1,
        "pending": 2,
    }
    assert report.counts["more_than_once"] == 1


AN_EVENT = "UPDATE event SET at = at + {} * interval '1 second' WHERE kind = '{}'"
SECOND_WINDOW = f"kind = 'window_claimed' AND claim_token = '{SECOND}'"
# What a lie is caught as, by these checks and no others.
LIES = {
    "a person without a message": (
        "DELETE FROM message WHERE seq = 9",
        {"people_missing", "passed_over", "changed_since"},
    ),
    "a person too many": (
        "UPDATE campaign SET people = 12",
        {"people_missing", "changed_since"},
    ),
    "two messages for one address": (
        "UPDATE message SET address = 'p7@example.com' WHERE seq = 9",
        {"address_twice", "not_in_audience", "passed_over", "changed_since"},
    ),
    "a message of nobody": (
        "UPDATE message SET notification_id = owner_id WHERE seq = 9",
        {"homeless"},
    ),
    "a result that the books do not know": (
        "ALTER TABLE message DROP CONSTRAINT IF EXISTS message_result_check;"
        "UPDATE message SET result = 'mislaid' WHERE seq = 3",
        {"unbooked", "impossible_life"},
    ),
    "a refusal without a reason": (
        "UPDATE message SET reason = '' WHERE seq = 3",
        {"without_reason"},
    ),
    "sent, and no attempt was accepted": (
        "UPDATE attempt SET outcome = 'retry' WHERE seq = 1",
        {"sent_without_acceptance", "recorded_otherwise", "forbidden"},
    ),
    "sent, and there is no attempt": (
        "DELETE FROM attempt WHERE seq = 1",
        {
            "sent_without_acceptance",
            "claims_unaccounted",
            "recorded_otherwise",
            "without_attempt",
            "forbidden",
        },
    ),
    "an attempt of no message": (
        "UPDATE attempt SET seq = 99 WHERE seq = 4",
        {"attempt_without_message", "attempt_without_window"},
    ),
    "an attempt that was not claimed": (
        "INSERT INTO attempt SELECT owner_id, 9, 1, account_id, request_key || '9', claim_token,"
        " NULL, 'retry', NULL, 'x', NULL, NULL, started_at FROM attempt WHERE seq = 1",
        {"attempt_ahead", "claims_unaccounted"},
    ),
    "one that is under way has ended": (
        "INSERT INTO attempt SELECT owner_id, 8, 1, account_id, owner_id || '.8', claim_token,"
        " NULL, 'accepted', NULL, '', NULL, NULL, started_at FROM attempt WHERE seq = 7",
        {
            "attempt_ahead",
            "claims_unaccounted",
            "recorded_otherwise",
        },
    ),
    "a refused one was not refused": (
        "UPDATE attempt SET outcome = 'retry' WHERE seq = 3",
        {"outcome_otherwise"},
    ),
    "a refused one was sent": (
        "UPDATE attempt SET outcome = 'accepted' WHERE seq = 3",
        {"outcome_otherwise", "doubt_denied", "recorded_otherwise", "accepted_without_effect"},
    ),
    "an expired one may have been sent": (
        "UPDATE attempt SET outcome = 'unknown' WHERE seq = 4",
        {"doubt_denied"},
    ),
    "an unknown that is none": (
        "UPDATE attempt SET outcome = 'retry' WHERE seq = 5",
        {"outcome_otherwise", "forbidden"},
    ),
    "accepted again without a doubt": (
        "UPDATE message SET resends = 0 WHERE seq = 2;"
        "UPDATE attempt SET outcome = 'accepted' WHERE seq = 2",
        {"accepted_again", "recorded_otherwise"},
    ),
    "sent again without a doubt": (
        "UPDATE attempt SET outcome = 'retry' WHERE seq = 2 AND n = 1",
        {"silent_duplicate"},
    ),
    "an attempt nobody ended": (
        "DELETE FROM event WHERE seq = 5 AND kind = 'worker_lost'",
        {"attempt_without_end"},
    ),
    "an event that is missing": (
        "DELETE FROM event WHERE seq = 3 AND kind = 'refused'",
        {"impossible_life"},
    ),
    "a version that nothing explains": (
        "UPDATE message SET version = 4 WHERE seq = 1",
        {"impossible_life"},
    ),
    "a claim that nothing explains": (
        "UPDATE message SET attempt = 3 WHERE seq = 7",
        {"impossible_life"},
    ),
    "two events of one version": (
        "UPDATE event SET version = 2 WHERE seq = 5",
        {"impossible_life"},
    ),
    "a window that was not told": (
        "DELETE FROM event WHERE kind = 'window_claimed' AND detail ->> 'first' = '7'",
        {"claims_unaccounted", "attempt_without_window"},
    ),
    "a pass that was not told": (
        f"DELETE FROM event WHERE {SECOND_WINDOW}",
        {"claims_unaccounted", "attempt_without_window"},
    ),
    "an attempt before its window": (
        "UPDATE attempt SET started_at = started_at - interval '1 minute' WHERE seq = 1",
        {"attempt_without_window"},
    ),
    "a record that was not told": (
        "DELETE FROM event WHERE kind = 'window_recorded' AND detail ->> 'refused' = '1'",
        {"recorded_otherwise"},
    ),
    "a record that told otherwise": (
        """UPDATE event SET detail = '{"sent": 1, "retry": 3}' WHERE detail ->> 'refused' = '1';
        UPDATE event SET detail = '{"retry": 2}' WHERE detail ->> 'sent' = '2'""",
        {"recorded_otherwise"},
    ),
    "a release that was not told": (
        "DELETE FROM event WHERE kind = 'window_released'",
        {"claims_unaccounted"},
    ),
    "a sweep that was not told": (
        "DELETE FROM event WHERE kind = 'swept' AND reason = 'expired'",
        {"swept_otherwise"},
    ),
    "an approval of something else": (
        "UPDATE owner SET approved_hash = repeat('0', 64)",
        {"approved_otherwise"},
    ),
    "no approval": (
        "DELETE FROM campaign_approval",
        {"approval_missing"},
    ),
    "one approval of two": (
        "UPDATE campaign SET approvals_needed = 2",
        {"approval_missing"},
    ),
    "an author's own approval": (
        "UPDATE campaign SET authors = '{Ada, GRACE@example.com}'",
        {"own_approval"},
    ),
    "an approval that came too late": (
        "UPDATE campaign SET lapses_at = approved_at - interval '1 second'",
        {"approval_out_of_time"},
    ),
    "an approval before the submission": (
        "UPDATE campaign SET submitted_at = approved_at + interval '1 second'",
        {"approval_out_of_time"},
    ),
    "other words than were approved": (
        """UPDATE campaign SET content = '{"email": {"default": {"subject": "Spam"}}}'""",
        {"changed_since"},
    ),
    "a claim before the approval": (
        "UPDATE campaign SET approved_at = approved_at + interval '10 minutes'",
        {"claimed_unapproved"},
    ),
    "a claim before the start": (
        AN_EVENT.format(61, "started"),
        {"claimed_unapproved"},
    ),
    "a claim while it was paused": (
        AN_EVENT.format(40, "resumed"),
        {"claimed_while_paused"},
    ),
    "a claim after the cancellation": (
        "UPDATE event SET kind = 'cancelled' WHERE kind = 'resumed'",
        {"claimed_after_end"},
    ),
    "a claim before its time": (
        "UPDATE campaign SET send_at = send_at + interval '1 hour'",
        {"claimed_early", "changed_since"},
    ),
    "a claim after its expiry": (
        "UPDATE owner SET expires_at = expires_at - interval '59 minutes'",
        {"claimed_late", "after_expiry"},
    ),
    "a claim beyond the canary": (
        "UPDATE campaign SET canary_passed_at = canary_passed_at + interval '1 minute'",
        {"canary_overtaken"},
    ),
    "a claim beyond a canary that never passed": (
        "UPDATE campaign SET canary_passed_at = NULL",
        {"canary_overtaken"},
    ),
    "a claim for a suppressed address": (
        "INSERT INTO suppression SELECT application_id, channel, address, 'bounced',"
        " now() - interval '1 day' FROM message WHERE seq = 3",
        {"claimed_after_suppression"},
    ),
}
EFFECTS: dict[str, tuple[Callable[[], tuple[Effect, ...]], set[str]]] = {
    "nothing arrived": (lambda: HONEST[1:], {"sent_without_effect"}),
    "one acceptance of two arrived": (
        lambda: tuple(e for e in HONEST if e.n != 2),
        set(),  # the other one was unknown
    ),
    "it arrived twice": (lambda: (*HONEST, effect(8, 1)), {"silent_duplicate"}),
    "what was refused arrived": (lambda: (*HONEST, effect(8, 3)), {"forbidden"}),
    "what was never claimed arrived": (
        lambda: (*HONEST, effect(8, 9)),
        {"forbidden", "without_attempt"},
    ),
    "it arrived before it was claimed": (
        lambda: (*HONEST[1:], effect(1, 1, -30)),
        {"without_attempt"},
    ),
    "it went to somebody else": (
        lambda: (*HONEST[1:], effect(1, 1, to="eve@example.com")),
        {"misdirected"},
    ),
    "it is to nobody of the audience": (
        lambda: (*HONEST, effect(8, 12)),
        {"without_message", "without_attempt"},
    ),
    "what is under way arrived twice": (
        lambda: (*HONEST, effect(8, 8, 151)),
        {"silent_duplicate"},
    ),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_in_postgresql_is_caught(campaign: FabricatedCampaign, lie: str) -> None:
    sql, caught = LIES[lie]
    await campaign.connection.execute(sql)
    assert set(await campaign.differences(alone=True)) == caught
    assert set(await campaign.differences(alone=False)) >= caught


@pytest.mark.parametrize("lie", EFFECTS)
async def test_what_the_vendor_did_otherwise_is_caught(
    campaign: FabricatedCampaign, lie: str
) -> None:
    effects, caught = EFFECTS[lie]
    campaign.effects = effects()
    for alone in (True, False):
        assert set(await campaign.differences(alone=alone)) == caught


def test_every_check_of_campaigns_is_shown_to_catch_something() -> None:
    caught = set().union(*(c for _, c in (*LIES.values(), *EFFECTS.values())))
    names = {check.name for check in OF_CAMPAIGNS if not check.only_if}
    assert names - caught == {"stranger"}  # one campaign's effects carry its key


async def test_one_campaign_is_not_told_of_others(campaign: FabricatedCampaign) -> None:
    other = str(uuid4())
    campaign.effects = (*HONEST, effect(8, 1, key=f"{other}.1"), effect(9, 1, key="hello"))
    assert await campaign.differences(alone=True) == {}
    found = await campaign.differences(alone=False)
    assert found["without_message"] == ["effect 8"]
    assert found["stranger"] == ["effect 9"]


@pytest.mark.parametrize(
    ("vendor", "config", "here"),
    [
        ("smtp", {"host": "127.0.0.1", "port": 20_005}, True),
        ("smtp", {"host": "mail.example.com", "port": 20_005}, False),
        ("smtp", {"host": "localhost", "port": 25}, False),
        ("sendgrid", {"base_url": "http://127.0.0.1:20004"}, True),
        ("sendgrid", {}, False),
    ],
)
async def test_what_went_through_another_vendor_is_in_no_journal_of_ours(
    campaign: FabricatedCampaign, vendor: str, config: dict[str, Any], here: bool
) -> None:
    campaign.effects = ()
    sealed = Keyring(SECRET_KEYS).seal(orjson.dumps(config), UUID(ACCOUNT))
    await campaign.connection.execute(
        "INSERT INTO vendor_account (id, application_id, name, channel, vendor, rank,"
        " sealed_config) VALUES ($1, $2, 'theirs', 'email', $3, 1, $4)",
        *(ACCOUNT, APPLICATION, vendor, sealed),
    )
    sandbox = Sandbox(Ports.from_base(20_000), SECRET_KEYS)
    for alone in (True, False):
        found = await campaign.differences(alone=alone, sandbox=sandbox)
        assert set(found) == ({"sent_without_effect"} if here else set())
        report = await campaign.audit(alone=alone, sandbox=sandbox)
        assert report.counts["accepted_elsewhere"] == (0 if here else 4)


async def test_a_campaign_that_is_not_there_is_said(campaign: FabricatedCampaign) -> None:
    await campaign.connection.execute("DELETE FROM campaign_approval; DELETE FROM campaign")
    with pytest.raises(NotFound, match="no such campaign"):
        await campaign.audit(alone=True)


@pytest.mark.parametrize(
    ("state", "version", "claims", "told", "possible"),
    [
        ("queued", 0, 0, {}, True),
        ("ended suppressed", 0, 0, {}, True),
        ("ended sent", 0, 0, {}, False),
        ("ended sent", 2, 1, {}, True),
        ("ended sent", 4, 2, {}, True),
        ("ended sent", 4, 1, {}, False),
        ("ended sent", 3, 1, {2: "worker_lost"}, True),
        ("ended sent", 4, 1, {2: "unknown", 3: "held"}, True),
        ("unknown", 2, 1, {2: "unknown"}, True),
        ("ended unknown", 2, 1, {2: "unknown"}, False),
        ("ended refused", 2, 1, {}, False),
        ("ended refused", 2, 1, {2: "refused"}, True),
        ("ended expired", 4, 2, {3: "retry"}, False),
        ("queued", 1, 0, {1: "dancing"}, False),
        ("sending", 1, 1, {2: "unknown"}, False),
    ],
)
def test_a_life_fits_between_what_was_told(
    state: str, version: int, claims: int, told: dict[int, str], possible: bool
) -> None:
    assert can_be(state, version, claims, told, cancelled=False) is possible


def test_a_cancellation_ends_a_doubt_without_a_word() -> None:
    told = {2: "unknown", 3: "resend"}
    for cancelled in (True, False):
        assert can_be("ended unknown", 4, 1, told, cancelled=cancelled) is cancelled
