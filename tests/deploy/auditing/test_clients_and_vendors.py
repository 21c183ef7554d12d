"""What clients were promised and what vendors did must be what PostgreSQL says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fabricated_ledgers import ACCOUNT, APPLICATION, HONEST, OWNER, START, Effect, Ledgers, effect
from uuid_utils.compat import uuid7

from deploy.auditing.audit import Question, audit
from deploy.local.refusal import CannotRun

VENDOR_LIES: dict[str, tuple[Callable[[], tuple[Effect, ...]], str, str]] = {
    "nothing arrived": (lambda: HONEST[1:], "sent_without_effect", f"{OWNER}.1"),
    "it arrived twice": (
        lambda: (*HONEST, effect(1, n=4)),
        "silent_duplicate",
        f"{OWNER}.1",
    ),
    "one request was done twice": (
        lambda: (HONEST[0], HONEST[2], replace(HONEST[2], n=4)),
        "silent_duplicate",
        f"{OWNER}.2",
    ),
    "what was refused arrived": (lambda: (*HONEST, effect(3, n=4)), "forbidden", f"{OWNER}.3"),
    "what expired arrived": (lambda: (*HONEST, effect(4, n=4)), "forbidden", f"{OWNER}.4"),
    "it went to somebody else": (
        lambda: (effect(1, to="eve@example.com"), *HONEST[1:]),
        "misdirected",
        "effect 1",
    ),
    "it went by another channel": (
        lambda: (effect(1, vendor="twilio"), *HONEST[1:]),
        "misdirected",
        "effect 1",
    ),
    "no key of ours": (lambda: (*HONEST, effect(1, "hello", n=4)), "stranger", "effect 4"),
    "a key of nobody": (
        lambda: (*HONEST, effect(1, f"{uuid7()}.1", n=4)),
        "without_message",
        "effect 4",
    ),
}


@pytest.mark.parametrize("lie", VENDOR_LIES)
async def test_what_the_vendors_did_otherwise_is_caught(ledgers: Ledgers, lie: str) -> None:
    effects, caught, id = VENDOR_LIES[lie]
    ledgers.effects = effects()
    assert id in (await ledgers.differences())[caught]


async def test_a_re_send_that_was_certainly_not_sent_explains_no_second_effect(
    ledgers: Ledgers,
) -> None:
    await ledgers.connection.execute(
        "INSERT INTO attempt (owner_id, seq, n, account_id, request_key, claim_token, retry_of,"
        " outcome, started_at) SELECT owner_id, seq, 2, account_id, request_key, claim_token, 1,"
        " 'refused', started_at FROM attempt WHERE seq = 5"
    )
    once, twice = effect(5, n=4), effect(5, n=5)
    ledgers.effects = (*HONEST, once)
    assert set(await ledgers.differences()) == {"intent_missing"}
    ledgers.effects = (*HONEST, once, twice)
    assert (await ledgers.differences())["silent_duplicate"] == [f"{OWNER}.5"]


async def test_an_effect_before_its_attempt_was_not_announced(ledgers: Ledgers) -> None:
    early = (START - timedelta(minutes=1)).timestamp()
    ledgers.effects = (effect(1, at=early), *HONEST[1:])
    assert await ledgers.differences() == {"without_attempt": ["effect 1"]}


async def test_what_came_after_the_snapshot_is_left_to_the_next_audit(ledgers: Ledgers) -> None:
    later = (datetime.now(UTC) + timedelta(hours=1)).timestamp()
    ledgers.effects = (*HONEST, effect(1, n=4, at=later))
    assert (await ledgers.audit()).agrees


async def test_an_accepted_id_that_is_nowhere_is_lost(ledgers: Ledgers) -> None:
    lost = str(uuid7())
    ledgers.accepted.append({"id": lost})
    assert await ledgers.differences() == {"lost": [lost]}


async def test_one_key_with_two_ids_was_accepted_twice(ledgers: Ledgers) -> None:
    other = str(uuid7())
    ledgers.accepted.append({"id": other, "key": "k"})
    assert set(await ledgers.differences()) == {"lost", "accepted_twice"}


async def test_a_notification_that_no_client_sent_shows_only_if_journals_are_complete(
    ledgers: Ledgers,
) -> None:
    ledgers.accepted = []
    assert await ledgers.differences() == {}
    assert await ledgers.differences(complete=True) == {"not_journalled": [OWNER]}


async def test_open_ones_are_tolerated_on_request_and_counted(ledgers: Ledgers) -> None:
    await ledgers.connection.execute(
        "UPDATE notification SET ended_at = NULL, end_reason = NULL;"
        "UPDATE owner SET status = 'running'; UPDATE notification_listing SET status = 'open'"
    )
    assert await ledgers.differences() == {"not_ended": [OWNER]}
    report = await ledgers.audit(open_ok=True)
    assert (report.agrees, report.counts["still_open"]) == (True, 1)


async def test_a_rate_holds_in_every_sliding_second(ledgers: Ledgers) -> None:
    at = [HONEST[0].at + n * 0.5 for n in range(3)]
    ledgers.effects = tuple(replace(e, at=t) for e, t in zip(HONEST, at, strict=True))
    ledgers.effects = tuple(replace(e, account="A") for e in ledgers.effects)
    assert await ledgers.differences(rates={"A": 2}) == {}  # two, and the third a second later
    assert await ledgers.differences(rates={"A": 1}) == {"too_fast": ["effect 2", "effect 3"]}


async def test_only_the_first_offenders_are_listed_but_all_are_counted(ledgers: Ledgers) -> None:
    ledgers.accepted += [{"id": str(uuid7())} for _ in range(30)]
    found = {f.check.name: f for f in (await ledgers.audit()).findings}["lost"]
    assert (found.differences, len(found.ids), found.looked_at) == (30, 20, 31)


async def test_a_torn_last_line_is_none_and_a_broken_one_is_named(ledgers: Ledgers) -> None:
    journal = ledgers.folder / "torn.ndjson"
    journal.write_text(f'{{"id": "{OWNER}"}}\n{{"id": "')
    sandbox = ledgers.folder / "empty.ndjson"
    sandbox.write_text("")
    report = await audit(Question(ledgers.url, [journal], [sandbox]))
    assert report.counts["accepted"] == 1
    journal.write_text('{"id": 7}\n')
    with pytest.raises(CannotRun, match=r"torn.ndjson, line 1: no JSON object with an id"):
        await audit(Question(ledgers.url, [journal], [sandbox]))
    sandbox.write_text("nonsense\n")
    with pytest.raises(CannotRun, match=r"empty.ndjson is damaged"):
        await audit(Question(ledgers.url, [], [sandbox]))


async def test_a_rate_goes_by_our_own_name_of_an_account(ledgers: Ledgers) -> None:
    await ledgers.connection.execute("INSERT INTO application VALUES ($1, 'shop')", APPLICATION)
    await ledgers.connection.execute(
        "INSERT INTO vendor_account (id, application_id, name, channel, vendor, rank,"
        " sealed_config) VALUES ($1, $2, 'shop-sms', 'sms', 'twilio', 1, '')",
        *(ACCOUNT, APPLICATION),
    )
    assert await ledgers.differences(rates={"shop-sms": 2}) == {}
    assert await ledgers.differences(rates={"shop-sms": 1}) == {"too_fast": ["effect 3"]}
    with pytest.raises(CannotRun) as refused:
        await ledgers.audit(rates={"shop-smss": 1})
    assert str(refused.value) == (
        "--rate shop-smss=1: no such account or vendor;"
        " there are shop-sms, sendgrid, smtp, telegram, twilio, webhook"
    )
    await ledgers.connection.execute("TRUNCATE application CASCADE")
