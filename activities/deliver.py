"""Deliver messages: grant, claim, hand over, record, window by window. One is a batch of one."""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from temporalio import activity
from uuid_utils.compat import uuid7

from activities.accounts import OpenAccount, OpenAccounts
from activities.pace import beating, stopping, time_is_left, to_the_end
from activities.render import render
from activities.settle import decided, looked_up
from activities.turn import Turn, Turns
from activities.window import Claim, Ended, Windows
from models.decision import DeliverInput, DeliverResult
from models.errors import Misconfigured
from models.messages import Channel, Message
from models.queues import PRIORITY_KEYS
from models.repositories import accounts, decisions, first_claims, messages, settlements
from models.repositories.decisions import Look
from models.repositories.messages import Claimed
from models.repositories.templates import VersionCache
from models.selection import Selection
from models.sessions import Sessions

SETTLE_AT_ONCE = 50
SOON = timedelta(seconds=1)  # the floor of looking again: a closed account makes no hot loop


class DeliverActivities:
    """Holds what delivering needs: the database, the open accounts, and the templates."""

    def __init__(
        self, sessions: Sessions, open_accounts: OpenAccounts, versions: VersionCache
    ) -> None:
        self.sessions = sessions
        self.open_accounts = open_accounts
        self.turns = Turns(sessions, open_accounts)
        self.windows = Windows(sessions, versions)

    @activity.defn
    async def deliver(self, input: DeliverInput) -> DeliverResult:
        """Idempotent by message and attempt: only what is queued is claimed, so never twice."""
        counts: Counter[str] = Counter()
        token = uuid7()  # of this execution: a retry of the activity is somebody else
        ask = False  # PostgreSQL, for the next turn: what we remember did not do
        async with beating():
            while time_is_left() and not stopping():
                remembered = None if ask else await self.turns.usual(input)
                turn = remembered or await self.turns.next(input)
                done = await self._take(input, turn, token)
                counts += done.counts
                if done.more:
                    continue
                ask = True
                if turn.settle or turn.wait is not None:
                    continue
                look = await self._look(input.which)
                nothing_to_claim = turn is not remembered and not done.counts
                if look.at is None or look.at > datetime.now(UTC) or nothing_to_claim:
                    return await self._result(input.which, counts, look, turn.not_before)
        return await self._result(input.which, counts, await self._look(input.which))

    async def deliver_now(self, input: DeliverInput) -> DeliverResult:
        """One window at once, if the account is in order and has a quick slot free: for `tell`.

        Idempotent as `deliver` is. Everything else it leaves to `deliver`: waiting, settling,
        failing over, whatever has a rate.
        """
        return await self._at_once(input, await self.turns.at_once(input), messages.claim)

    async def deliver_first(self, input: DeliverInput, turn: Turn | None) -> DeliverResult:
        """The same for the one message of a new notification, which the claim itself decides on.

        Not taken: nothing was decided, or there is more to do than was known.
        """
        return await self._at_once(input, turn, first_claims.claim)

    async def _at_once(self, input: DeliverInput, turn: Turn | None, claim: Claim) -> DeliverResult:
        if turn is None or turn.through is None:
            return DeliverResult(taken=False)
        slots = (self.open_accounts.quick, turn.through.opened.quick)
        if any(slot.locked() for slot in slots):
            return DeliverResult(taken=False)
        async with slots[0], slots[1]:
            done = await self._send(input, turn, uuid7(), turn.through.size, claim)
        if not done.counts:
            return DeliverResult(taken=False)
        look = await self._look(input.which)
        if look.at and look.at <= datetime.now(UTC):
            return DeliverResult(dict(done.counts), taken=False)
        return await self._result(input.which, done.counts, look)

    async def _take(self, input: DeliverInput, turn: Turn, token: UUID) -> Ended:
        """Do what the turn says."""
        if turn.settle:
            await self.settle(input)
        elif turn.wait is not None:
            await asyncio.sleep(turn.wait.total_seconds())
        elif turn.through:
            slots = turn.through.opened.claims
            async with slots.taken(turn.through.size, PRIORITY_KEYS[input.priority]) as size:
                return await self._send(input, turn, token, size)
        return Ended(Counter(), more=False)

    async def _send(
        self,
        input: DeliverInput,
        turn: Turn,
        token: UUID,
        size: int,
        claim: Claim = messages.claim,
    ) -> Ended:
        assert turn.through is not None  # noqa: S101 - both callers have asked
        # Cancelling must not lose an outcome: the window ends first, without new calls.
        done = await to_the_end(self.windows.send(input, turn.through, token, size, claim))
        if not done.healthy:
            self.open_accounts.forget(turn.through.account)
        return done

    async def settle(self, input: DeliverInput) -> None:
        """Look up what is in doubt and due, and write what is decided."""
        which = input.which
        async with self.sessions.begin() as session:
            doubts = await settlements.in_doubt(session, which, SETTLE_AT_ONCE)
            opened: dict[UUID, OpenAccount] = {}
            for account_id in {doubt.account_id for doubt in doubts}:
                if account := await accounts.get(session, account_id):
                    with suppress(Misconfigured):  # nobody can be asked: the category decides
                        opened[account_id] = await self.open_accounts.get(account)
            versions = await self.windows.contents(session, [doubt.claimed for doubt in doubts])

        def rendered(each: Claimed) -> Message:
            return render(which.owner_id, Channel(which.channel), each, versions)

        answers = await looked_up(doubts, opened, rendered, PRIORITY_KEYS[input.priority])
        async with self.sessions.begin() as session:
            for doubt, answer in zip(doubts, answers, strict=True):
                # One by one: the next must see which listed id this one has taken.
                done = await decided(session, doubt, opened.get(doubt.account_id), answer)
                await settlements.write(session, which.owner_id, [done])

    async def _look(self, which: Selection) -> Look:
        async with self.sessions.singly() as session:
            return await decisions.end_and_look(session, which)

    async def _result(
        self,
        which: Selection,
        counts: Counter[str],
        look: Look,
        not_before: datetime | None = None,
    ) -> DeliverResult:
        if look.ended:
            return DeliverResult(dict(counts), None, "ended")
        soon = datetime.now(UTC) + SOON
        at = max(look.at, not_before or soon) if look.at else None
        if at and look.first_expiry:  # an account may rest for longer than a message lives
            at = max(min(at, look.first_expiry), soon)
        async with self.sessions.singly() as session:
            await decisions.set_next_beside(session, which, at)
        return DeliverResult(dict(counts), at)
