"""The ledger's promises about one message, against a real PostgreSQL."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from models.messages import Outcome, Scope, Verdict
from models.repositories.messages import Claimed, claim
from models.repositories.outcomes import record
from models.repositories.sweeps import sweep

ACCOUNT = uuid7()
ACCEPTED = Outcome(Verdict.ACCEPTED, vendor_id="v1")
EXPIRE_LEASES = """
UPDATE message SET lease_until = now() - interval '1 s' WHERE owner_id = :o AND phase = 'sending'
"""


async def take(rows, token: UUID, size: int, account: UUID = ACCOUNT) -> list[Claimed]:
    async with rows.sessions.begin() as session:
        return await claim(session, rows.which, account, token, size)


async def write(rows, token: UUID, claimed: list[Claimed], outcome: Outcome) -> int:
    async with rows.sessions.begin() as session:
        return await record(session, rows.which.owner_id, token, [(c, outcome) for c in claimed])


async def swept(rows) -> None:
    async with rows.sessions.begin() as session:
        await sweep(session, rows.which)


async def lose(rows) -> None:
    """Whoever claimed is not heard of again, and its lease ends."""
    await rows.run(EXPIRE_LEASES)
    await swept(rows)


async def test_no_message_is_claimed_twice(rows) -> None:
    windows = await asyncio.gather(*(take(rows, uuid7(), 60) for _ in range(8)))
    seqs = [c.seq for window in windows for c in window]
    assert len(seqs) == len(set(seqs)) == rows.which.last
    assert await take(rows, uuid7(), 1) == []


async def test_a_claim_writes_its_intent_before_anybody_is_called(rows) -> None:
    token = uuid7()
    [claimed] = await take(rows, token, 1)
    assert await rows.state(claimed.seq) == ("sending", None, 1)
    assert await rows.events(claimed.seq) == ["handing_over"]
    sql = "SELECT n, outcome, request_key, claim_token FROM attempt WHERE owner_id = :o"
    key = f"{rows.which.owner_id}.{claimed.seq}"
    assert await rows.run(sql) == [(1, None, key, token)]


async def test_a_live_lease_keeps_everybody_away(rows) -> None:
    claimed = await take(rows, uuid7(), rows.which.last)
    await swept(rows)
    assert await take(rows, uuid7(), 1) == []
    assert await rows.state(claimed[0].seq) == ("sending", None, 1)


async def test_an_expired_lease_is_unknown_and_never_queued(rows) -> None:
    [claimed] = await take(rows, uuid7(), 1)
    await lose(rows)
    assert await rows.state(claimed.seq) == ("unknown", None, 1)
    assert await rows.events(claimed.seq) == ["handing_over", "worker_lost"]


async def test_who_was_believed_lost_may_still_record(rows) -> None:
    token = uuid7()
    [claimed] = await take(rows, token, 1)
    await lose(rows)
    assert await write(rows, token, [claimed], ACCEPTED) == 1
    assert await rows.state(claimed.seq) == ("ended", "sent", 1)


@pytest.mark.parametrize(
    "late", [ACCEPTED, Outcome(Verdict.REFUSED), Outcome(Verdict.RETRY), Outcome(Verdict.UNKNOWN)]
)
async def test_a_late_record_writes_its_attempt_and_nothing_else(rows, late: Outcome) -> None:
    token = uuid7()
    [first] = await take(rows, token, 1)
    await lose(rows)
    await rows.run("UPDATE message SET phase = 'queued' WHERE owner_id = :o AND phase = 'unknown'")
    [second] = await take(rows, uuid7(), 1)
    assert (second.seq, second.attempt) == (first.seq, 2)
    assert await write(rows, token, [first], late) == 1
    assert await rows.state(first.seq) == ("sending", None, 2)
    assert await rows.attempts(first.seq) == [(1, late.verdict.value), (2, None)]
    assert (await rows.events(first.seq))[-1] == "late_outcome"


async def test_nobody_records_with_another_token(rows) -> None:
    [claimed] = await take(rows, uuid7(), 1)
    assert await write(rows, uuid7(), [claimed], ACCEPTED) == 0
    assert await rows.state(claimed.seq) == ("sending", None, 1)


async def test_a_record_may_be_repeated_and_no_word_of_a_vendor_stops_it(rows) -> None:
    token = uuid7()
    claimed = await take(rows, token, 3)
    words = Outcome(Verdict.UNKNOWN, detail="nul \0 and half a pair \ud800" * 100)
    assert await write(rows, token, claimed, words) == 3
    assert await write(rows, token, claimed, words) == 0
    assert await rows.events(claimed[0].seq) == ["handing_over", "unknown"]


async def test_a_retry_is_queued_for_later(rows) -> None:
    token = uuid7()
    claimed = await take(rows, token, rows.which.last)
    assert await write(rows, token, claimed, Outcome(Verdict.RETRY)) == rows.which.last
    assert await rows.state(1) == ("queued", None, 1)
    assert await take(rows, uuid7(), 1) == []
    await rows.run("UPDATE message SET next_at = now() WHERE owner_id = :o AND seq = 7")
    assert [(c.seq, c.attempt) for c in await take(rows, uuid7(), 5)] == [(7, 2)]


async def test_what_the_account_cannot_take_is_for_the_next_account_at_once(rows) -> None:
    token = uuid7()
    claimed = await take(rows, token, 1)
    busy = Outcome(Verdict.RETRY, scope=Scope.ACCOUNT, after=timedelta(hours=1))
    await write(rows, token, claimed, busy)
    assert [c.attempt for c in await take(rows, uuid7(), 1, uuid7())] == [2]


async def test_a_refused_recipient_is_suppressed_and_never_claimed_again(rows) -> None:
    await rows.run(
        "INSERT INTO application (id, name) VALUES (:o, CAST(gen_random_uuid() AS text))"
    )
    token = uuid7()
    [claimed] = await take(rows, token, 1)
    await write(rows, token, [claimed], Outcome(Verdict.REFUSED, scope=Scope.RECIPIENT))
    assert await rows.state(claimed.seq) == ("ended", "refused", 1)
    # Another message to the same address, queued before that was known.
    same = "UPDATE message SET address = :a WHERE owner_id = :o AND seq = 9"
    await rows.run("UPDATE message SET step = 1 WHERE owner_id = :o AND seq = 9")
    await rows.run(same, a=claimed.address)
    assert 9 not in [c.seq for c in await take(rows, uuid7(), rows.which.last)]
    await swept(rows)
    assert await rows.state(9) == ("ended", "suppressed", 0)


@pytest.mark.parametrize(
    ("sql", "result"),
    [
        ("UPDATE message SET expires_at = now() + interval '9 s' WHERE owner_id = :o", "expired"),
        ("UPDATE notification SET cancelled_at = now() WHERE owner_id = :o", "cancelled"),
    ],
)
async def test_what_may_not_be_sent_any_more_is_not_claimed_but_ended(rows, sql, result) -> None:
    await rows.run(sql)
    assert await take(rows, uuid7(), rows.which.last) == []
    await swept(rows)
    assert await rows.state(1) == ("ended", result, 0)
    assert await rows.events(1) == [result]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE owner SET status = 'ended' WHERE id = :o",
        "UPDATE owner SET content_hash = 'edited', approved_hash = 'seen' WHERE id = :o",
        "UPDATE owner SET content_hash = 'edited' WHERE id = :o",
    ],
)
async def test_an_owner_that_may_not_send_is_not_claimed_for(rows, sql: str) -> None:
    await rows.run(sql)
    assert await take(rows, uuid7(), rows.which.last) == []


async def test_a_pinned_message_is_only_claimed_for_its_own_account(rows) -> None:
    await rows.run("UPDATE message SET pinned_account_id = :a WHERE owner_id = :o", a=uuid7())
    assert await take(rows, uuid7(), rows.which.last) == []
