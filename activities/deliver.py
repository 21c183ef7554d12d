"""Deliver messages: grant, claim, hand over, record, window by window. One is a batch of one."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
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
from models.database import Sessions, singly
from models.decision import DeliverInput, DeliverResult
from models.messages import Channel, Message, Verdict
from models.queues import PRIORITY_KEYS
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


@dataclass(frozen=True, slots=True)
class Look:
    """When something may next be done in the range (None: never), and whether the owner ended."""

    at: datetime | None
    ended: bool


class Ended(NamedTuple):
    """How many of a window came to which verdict; `more`: it was full, so there may be others."""

    counts: Counter[str]
    more: bool


class DeliverActivities:
    """Holds what delivering needs: the database, the open accounts, and the templates."""

    def __init__(
        self, sessions: Sessions, open_accounts: OpenAccounts, versions: VersionCache
    ) -> None:
        self.sessions = sessions
        self.singly = singly(sessions)
        self.open_accounts = open_accounts
        self.versions = versions

    @activity.defn
    async def deliver(self, input: DeliverInput) -> DeliverResult:
        """Idempotent by message and attempt: only what is queued is claimed, so never twice."""
        counts: Counter[str] = Counter()
        token = uuid7()  # of this execution: a retry of the activity is somebody else
        ask = False  # PostgreSQL, for the next turn: what we remember did not do
        async with beating():
            while time_is_left() and not stopping():
                remembered = None if ask else await self._usual(input)
                turn = remembered or await self._turn(input)
                done, more = await self._take(input, turn, token)
                counts += done
                if more:
                    continue
                ask = True
                if turn.settle or turn.wait is not None:
                    continue
                look = await self._look(input.which)
                nothing_to_claim = turn is not remembered and not done
                if look.at is None or look.at > datetime.now(UTC) or nothing_to_claim:
                    return await self._result(input.which, counts, look, turn.not_before)
        return await self._result(input.which, counts, await self._look(input.which))

    async def deliver_now(self, input: DeliverInput) -> DeliverResult:
        """One window at once, if the account is in order and has a quick slot free: for `tell`.

        Idempotent as `deliver` is. Everything else it leaves to `deliver`: waiting, settling,
        failing over.
        """
        turn = await self._usual(input) or await self._turn(input)
        if turn.account is None or not turn.size or turn.grant_id:
            return DeliverResult(taken=False)
        quick = (await self.open_accounts.get(turn.account)).quick
        if quick.locked():
            return DeliverResult(taken=False)
        async with quick:
            done, _ = await to_the_end(self._window(input, turn, uuid7(), turn.size))
        look = await self._look(input.which)
        if not done or (look.at and look.at <= datetime.now(UTC)):
            return DeliverResult(dict(done), taken=False)
        return await self._result(input.which, done, look)

    async def _take(self, input: DeliverInput, turn: Turn, token: UUID) -> Ended:
        """Do what the turn says."""
        if turn.settle:
            await self._settle(input)
        elif turn.wait is not None:
            await asyncio.sleep(turn.wait.total_seconds())
        elif turn.account:
            opened = await self.open_accounts.get(turn.account)
            async with opened.claims.taken(turn.size, PRIORITY_KEYS[input.priority]) as size:
                # Cancelling must not lose an outcome: the window ends first, without new calls.
                return await to_the_end(self._window(input, turn, token, size))
        return Ended(Counter(), more=False)

    async def _usual(self, input: DeliverInput) -> Turn | None:
        """A window through the account in use, if nothing is known against it."""
        account = self.open_accounts.kept(input.application_id, input.which.channel)
        if account is None:
            return None
        return Turn(account, (await self.open_accounts.get(account)).window())

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
                if not account.failures:
                    self.open_accounts.keep(input.application_id, input.which.channel, account)
                return Turn(account, size)
            grant_id = uuid7()
            size, wait = await rates.grant(session, account.id, grant_id, size, input.priority)
            return Turn(account, size, grant_id) if size else Turn(wait=wait)

    async def _window(self, input: DeliverInput, turn: Turn, token: UUID, size: int) -> Ended:
        account, which = turn.account, input.which
        assert account is not None  # noqa: S101 - `_turn` gives a size only with an account
        opened = await self.open_accounts.get(account)
        clock = LeaseClock()  # before the claim, so that it ends before the database's lease
        async with self.singly() as session:
            claimed = await messages.claim(session, which, account.id, token, size)
            versions = await self._versions(session, claimed)

        def rendered(each: Claimed) -> Message:
            return render(which.owner_id, Channel(which.channel), each, versions)

        priority = PRIORITY_KEYS[input.priority]
        # No connection is held meanwhile.
        ends = await Handover(opened, clock, rendered, stopping, priority).send(claimed)

        async def write() -> None:
            async with self.singly() as session:  # each statement may be repeated by itself
                if ends:
                    await outcomes.record(session, which.owner_id, token, ends)
                if await _note_health(session, account, ends):
                    self.open_accounts.forget(account)
                if turn.grant_id:
                    used = sum(outcome is not RELEASED for _, outcome in ends)
                    await rates.give_back(session, account.id, turn.grant_id, used)

        await until_written(write)
        counts = Counter(outcome.verdict.value for _, outcome in ends)
        return Ended(counts, more=len(claimed) == size)

    async def _settle(self, input: DeliverInput) -> None:
        which = input.which
        async with self.sessions.begin() as session:
            doubts = await settlements.in_doubt(session, which, SETTLE_AT_ONCE)
            opened: dict[UUID, OpenAccount] = {}
            for account_id in {doubt.account_id for doubt in doubts}:
                if account := await accounts.get(session, account_id):
                    opened[account_id] = await self.open_accounts.get(account)
            versions = await self._versions(session, [doubt.claimed for doubt in doubts])

        def rendered(each: Claimed) -> Message:
            return render(which.owner_id, Channel(which.channel), each, versions)

        answers = await looked_up(doubts, opened, rendered, PRIORITY_KEYS[input.priority])
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

    async def _look(self, which: Selection) -> Look:
        async with self.singly() as session:
            return Look(*await decisions.end_and_look(session, which))

    async def _result(
        self,
        which: Selection,
        counts: Counter[str],
        look: Look,
        not_before: datetime | None = None,
    ) -> DeliverResult:
        if look.at is None:
            return DeliverResult(dict(counts), None, "ended" if look.ended else "")
        at = max(look.at, not_before or datetime.now(UTC) + SOON)
        async with self.singly() as session:
            await decisions.set_next(session, which.owner_id, at)
        return DeliverResult(dict(counts), at)


async def _note_health(session: AsyncSession, account: Account, ends: Ends) -> bool:
    """Open or close the account's breaker by what the vendor said in this window; did it change?"""
    said = [outcome for _, outcome in ends if outcome is not RELEASED]
    if resting := [outcome for outcome in said if account_rests(outcome)]:
        after = max((o.after for o in resting if o.after), default=None)
        await accounts.close(session, account.id, resting[0].reason, after)
    elif any(outcome.verdict is not Verdict.UNKNOWN for outcome in said):
        if not account.failures:
            return False
        await accounts.reopen(session, account.id)
    elif said and account.failures + 1 >= DOUBTS_IN_A_ROW:
        await accounts.close(session, account.id, said[0].reason, None)
    elif said:
        await accounts.count_failure(session, account.id)
    return bool(said)
