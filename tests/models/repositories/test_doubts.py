"""A message that may have reached its vendor is never said not to have, whatever comes after."""

from datetime import timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from models.messages import Outcome, Scope, Verdict
from models.repositories import messages, notifications, outcomes, settlements, sweeps
from models.repositories.messages import Claimed
from models.repositories.settlements import Settled
from models.settlement import Action

ACCOUNT = uuid7()
ACCEPTED = Outcome(Verdict.ACCEPTED, vendor_id="v1")
TIMEOUT = Outcome(Verdict.UNKNOWN, reason="timeout")
NOT_SENT = Outcome(Verdict.RETRY, after=timedelta(), reason="connect_failed")
END_LEASES = "UPDATE message SET lease_until = now() WHERE owner_id = :o AND phase = 'sending'"
NEXT_NOW = "UPDATE message SET next_at = now() WHERE owner_id = :o AND phase <> 'ended'"


async def claim(rows, token: UUID) -> Claimed:
    await rows.run(NEXT_NOW)
    async with rows.sessions.begin() as session:
        [claimed] = await messages.claim(session, rows.which, ACCOUNT, token, 1)
    return claimed


async def record(rows, token: UUID, claimed: Claimed, outcome: Outcome) -> None:
    async with rows.sessions.begin() as session:
        await outcomes.record(session, rows.which.owner_id, token, [(claimed, outcome)])


async def settle(rows, claimed: Claimed, action: Action) -> None:
    async with rows.sessions.begin() as session:
        await settlements.write(session, rows.which.owner_id, [Settled(claimed, action)])


async def sweep(rows) -> None:
    async with rows.sessions.begin() as session:
        await sweeps.sweep(session, rows.which)


async def cancel(rows) -> None:
    owner_id = rows.which.owner_id
    async with rows.sessions.begin() as session:
        assert await notifications.cancel(session, owner_id, owner_id, uuid7())


async def in_doubt_and_queued_again(rows, *, lost: bool) -> tuple[UUID, Claimed]:
    """The first attempt may have arrived; a second one is allowed, and not yet claimed."""
    token = uuid7()
    claimed = await claim(rows, token)
    if lost:
        await rows.run(END_LEASES)
        await sweep(rows)
    else:
        await record(rows, token, claimed, TIMEOUT)
    await settle(rows, claimed, Action.RESEND)
    assert await rows.state(claimed.seq) == ("queued", None, 1)
    return token, claimed


async def reason(rows, seq: int) -> str:
    sql = "SELECT reason FROM event WHERE owner_id = :o AND seq = :s ORDER BY id DESC LIMIT 1"
    return (await rows.run(sql, s=seq))[0][0]


@pytest.mark.parametrize("lost", [False, True], ids=["timed out", "worker lost"])
async def test_cancelling_a_re_send_leaves_it_unknown(rows, lost: bool) -> None:
    _, claimed = await in_doubt_and_queued_again(rows, lost=lost)

    await cancel(rows)

    assert await rows.state(claimed.seq) == ("ended", "unknown", 1)
    assert (await rows.events(claimed.seq))[-1] == "held"
    assert await reason(rows, claimed.seq) == "by_caller"
    assert await rows.state(claimed.seq + 1) == ("ended", "cancelled", 0)


@pytest.mark.parametrize(
    ("why", "sql"),
    [
        ("expired", "UPDATE message SET expires_at = now() WHERE owner_id = :o"),
        ("cancelled", "UPDATE notification SET cancelled_at = now() WHERE owner_id = :o"),
    ],
)
async def test_a_re_send_that_time_stops_leaves_it_unknown(rows, why: str, sql: str) -> None:
    _, claimed = await in_doubt_and_queued_again(rows, lost=False)

    await rows.run(sql)
    await sweep(rows)

    assert await rows.state(claimed.seq) == ("ended", "unknown", 1)
    assert await reason(rows, claimed.seq) == why


async def test_what_was_certainly_not_sent_is_simply_cancelled(rows) -> None:
    token = uuid7()
    claimed = await claim(rows, token)
    await record(rows, token, claimed, NOT_SENT)

    await cancel(rows)

    assert await rows.state(claimed.seq) == ("ended", "cancelled", 1)


async def test_an_acceptance_that_comes_after_the_cancellation_is_believed(rows) -> None:
    token, claimed = await in_doubt_and_queued_again(rows, lost=True)
    await cancel(rows)

    await record(rows, token, claimed, ACCEPTED)

    assert await rows.state(claimed.seq) == ("ended", "sent", 1)


@pytest.mark.parametrize(
    "then", [NOT_SENT, Outcome(Verdict.REFUSED, scope=Scope.CONTENT, reason="no"), TIMEOUT]
)
async def test_a_known_acceptance_ends_it_whatever_became_of_the_second_attempt(
    rows, then: Outcome
) -> None:
    first, claimed = await in_doubt_and_queued_again(rows, lost=True)
    second = uuid7()
    again = await claim(rows, second)
    await record(rows, first, claimed, ACCEPTED)  # late: the second is under way

    await record(rows, second, again, then)

    assert await rows.state(claimed.seq) == ("ended", "sent", 2)
    assert await rows.attempts(claimed.seq) == [(1, "accepted"), (2, then.verdict.value)]
    assert await reason(rows, claimed.seq) == "accepted_before"


async def test_a_known_acceptance_settles_a_second_doubt(rows) -> None:
    first, claimed = await in_doubt_and_queued_again(rows, lost=True)
    second = uuid7()
    again = await claim(rows, second)
    await record(rows, second, again, TIMEOUT)
    await record(rows, first, claimed, ACCEPTED)

    await settle(rows, again, Action.HOLD)

    assert await rows.state(claimed.seq) == ("ended", "sent", 2)
    assert await rows.attempts(claimed.seq) == [(1, "accepted"), (2, "unknown")]


async def test_what_a_list_certainly_lacks_is_in_doubt_no_longer(rows) -> None:
    token = uuid7()
    claimed = await claim(rows, token)
    await record(rows, token, claimed, TIMEOUT)

    await settle(rows, claimed, Action.NOT_SENT)
    await cancel(rows)

    assert await rows.attempts(claimed.seq) == [(1, "retry")]
    assert await rows.state(claimed.seq) == ("ended", "cancelled", 1)


async def test_what_was_claimed_and_not_handed_over_goes_back(rows) -> None:
    token = uuid7()
    async with rows.sessions.begin() as session:
        claimed = await messages.claim(session, rows.which, ACCOUNT, token, 3)

    for _ in range(2):  # it may be repeated
        async with rows.sessions.begin() as session:
            await outcomes.release(session, rows.which.owner_id, token)

    for each in claimed:
        assert await rows.state(each.seq) == ("queued", None, 1)
        assert await rows.events(each.seq) == ["handing_over", "released"]
    async with rows.sessions.begin() as session:
        assert len(await messages.claim(session, rows.which, ACCOUNT, uuid7(), 3)) == 3


async def test_a_vendors_delay_of_nothing_is_no_hot_loop(rows) -> None:
    token = uuid7()
    claimed = await claim(rows, token)
    await record(rows, token, claimed, NOT_SENT)

    sql = "SELECT next_at > now() + interval '0.5 s' FROM message WHERE owner_id = :o AND seq = :s"
    assert await rows.run(sql, s=claimed.seq) == [(True,)]
