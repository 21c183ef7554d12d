"""Deliver messages: grant, claim, hand over, record, window by window. One is a batch of one."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from uuid_utils.compat import uuid7

from activities.accounts import WINDOW, OpenAccount, OpenAccounts
from activities.handover import RELEASED, Ends, Handover, account_rests
from activities.pace import beating, stopping, time_is_left, to_the_end, until_written
from activities.render import render
from activities.settle import decided, looked_up
from models.clock import LeaseClock
from models.database import Sessions
from models.decision import DeliverInput, DeliverResult
from models.messages import Channel, Message, Verdict
from models.repositories import accounts, decisions, messages, outcomes, rates, settlements, sweeps
from models.repositories.accounts import Account
from models.repositories.messages import Claimed
from models.repositories.templates import Content, VersionCache
from models.selection import Selection

SETTLE_AT_ONCE = 50
WITHOUT_ACCOUNT = timedelta(seconds=30)
SOON = timedelta(seconds=1)  # the floor of looking again: a closed account makes no hot loop
DOUBTS_IN_A_ROW = 3  # windows of nothing but unknown outcomes, after which the account rests


@dataclass(frozen=True, slots=True)
class Turn:
    """What may be done now: send `size` through `account`, or come back later."""

    account: Account | None = None
    size: int = 0
    grant_id: UUID | None = None
    wait: timedelta | None = None  # the account's rate: permits come back
    not_before: datetime | None = None  # nothing can be sent until then
    settle: bool = False  # unknown outcomes come first
    done: bool = False  # nothing is due


class DeliverActivities:
    """Holds what delivering needs: the database, the open accounts, and the templates."""

    def __init__(
        self, sessions: Sessions, open_accounts: OpenAccounts, versions: VersionCache
    ) -> None:
        self.sessions = sessions
        self.open_accounts = open_accounts
        self.versions = versions

    @activity.defn
    async def deliver(self, input: DeliverInput) -> DeliverResult:
        """Idempotent by message and attempt: only what is queued is claimed, so never twice."""
        counts: Counter[str] = Counter()
        token = uuid7()  # of this execution: a retry of the activity is somebody else
        not_before = datetime.now(UTC) + SOON
        async with beating():
            while time_is_left() and not stopping():
                turn = await self._turn(input)
                if turn.settle:
                    await self._settle(input.which)
                    continue
                if turn.done or turn.not_before:
                    not_before = turn.not_before or not_before
                    break
                if turn.wait is not None:
                    await asyncio.sleep(turn.wait.total_seconds())
                    continue
                # Cancelling must not lose an outcome: the window ends first, without new calls.
                done = await to_the_end(self._window(input.which, turn, token))
                counts += done
                if not done:  # somebody else took them, or the owner may not send
                    break
        return await self._result(input.which, counts, not_before)

    async def _turn(self, input: DeliverInput) -> Turn:
        async with self.sessions.begin() as session:
            await sweeps.sweep(session, input.which)
            due = await messages.due(session, input.which, limit=WINDOW)
            if due.doubts:
                return Turn(settle=True)
            if not due.claims:
                return Turn(done=True)
            pinned, wanted = next(iter(due.claims.items()))
            account = await accounts.choose(session, input.which, pinned)
            if account is None:
                return Turn(not_before=datetime.now(UTC) + WITHOUT_ACCOUNT)
            if account.closed_until:
                return Turn(not_before=account.closed_until)
            opened = await self.open_accounts.get(account)
            # An account that has just failed is tried with one message, not with a window.
            size = 1 if account.failures else min(wanted, opened.window())
            if not account.rated:
                return Turn(account, size)
            grant_id = uuid7()
            size, wait = await rates.grant(session, account.id, grant_id, size, input.priority)
            return Turn(account, size, grant_id) if size else Turn(wait=wait)

    async def _window(self, which: Selection, turn: Turn, token: UUID) -> Counter[str]:
        account = turn.account
        assert account is not None  # noqa: S101 - `_turn` gives a size only with an account
        opened = await self.open_accounts.get(account)
        clock = LeaseClock()  # before the claim, so that it ends before the database's lease
        async with self.sessions.begin() as session:
            claimed = await messages.claim(session, which, account.id, token, turn.size)
            versions = await self._versions(session, claimed)

        def rendered(each: Claimed) -> Message:
            return render(which.owner_id, Channel(which.channel), each, versions)

        ends = await Handover(opened, clock, rendered, stopping).send(claimed)  # no connection held

        async def write() -> None:
            async with self.sessions.begin() as session:
                if ends:
                    await outcomes.record(session, which.owner_id, token, ends)
                await _note_health(session, account, ends)
                if turn.grant_id:
                    used = sum(outcome is not RELEASED for _, outcome in ends)
                    await rates.give_back(session, account.id, turn.grant_id, used)

        await until_written(write)
        return Counter(outcome.verdict.value for _, outcome in ends)

    async def _settle(self, which: Selection) -> None:
        async with self.sessions.begin() as session:
            doubts = await settlements.in_doubt(session, which, SETTLE_AT_ONCE)
            opened: dict[UUID, OpenAccount] = {}
            for account_id in {doubt.account_id for doubt in doubts}:
                if account := await accounts.get(session, account_id):
                    opened[account_id] = await self.open_accounts.get(account)
            versions = await self._versions(session, [doubt.claimed for doubt in doubts])

        def rendered(each: Claimed) -> Message:
            return render(which.owner_id, Channel(which.channel), each, versions)

        answers = await looked_up(doubts, opened, rendered)
        async with self.sessions.begin() as session:
            for doubt, answer in zip(doubts, answers, strict=True):
                # One by one: the next must see which listed id this one has taken.
                done = await decided(session, doubt, opened.get(doubt.account_id), answer)
                await settlements.write(session, which.owner_id, [done])

    async def _versions(
        self, session: AsyncSession, claimed: list[Claimed]
    ) -> Mapping[UUID, Content]:
        ids = {c.template_version_id for c in claimed if c.template_version_id}
        return await self.versions.load(session, ids)

    async def _result(
        self, which: Selection, counts: Counter[str], not_before: datetime
    ) -> DeliverResult:
        async with self.sessions.begin() as session:
            look_again_at = await sweeps.look_again_at(session, which)
            if look_again_at:
                look_again_at = max(look_again_at, not_before)
                await decisions.set_next(session, which.owner_id, look_again_at)
                return DeliverResult(dict(counts), look_again_at)
            await decisions.lock(session, which.owner_id)
            ended = await decisions.end(session, which.owner_id)
        return DeliverResult(dict(counts), None, "ended" if ended else "")


async def _note_health(session: AsyncSession, account: Account, ends: Ends) -> None:
    """Open the account's breaker, or close it again: what the vendor said of it in this window."""
    said = [outcome for _, outcome in ends if outcome is not RELEASED]
    if resting := [outcome for outcome in said if account_rests(outcome)]:
        after = max((o.after for o in resting if o.after), default=None)
        await accounts.close(session, account.id, resting[0].reason, after)
    elif any(outcome.verdict is not Verdict.UNKNOWN for outcome in said):
        if account.failures:
            await accounts.reopen(session, account.id)
    elif said and account.failures + 1 >= DOUBTS_IN_A_ROW:
        await accounts.close(session, account.id, said[0].reason, None)
    elif said:
        await accounts.count_failure(session, account.id)
