"""One window: claimed, handed over, recorded. What was claimed and not handed over goes back."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from activities import metrics
from activities.handover import Ends, Handover, account_rests
from activities.pace import stopping, until_written
from activities.render import render
from activities.turn import Through
from models.clock import LeaseClock
from models.decision import DeliverInput
from models.messages import RELEASED, Channel, Message, Outcome, Verdict
from models.queues import PRIORITY_KEYS
from models.repositories import accounts, messages, outcomes, rates
from models.repositories.accounts import Account
from models.repositories.messages import Claimed
from models.repositories.templates import Content, VersionCache
from models.selection import Selection
from models.sessions import Session, Sessions

Claim = Callable[[Session, Selection, UUID, UUID, int], Awaitable[list[Claimed]]]
DOUBTS_IN_A_ROW = 3  # windows of nothing but unknown outcomes, after which the account rests


class Ended(NamedTuple):
    """How many of a window came to which verdict; `more`: it was full, so there may be others."""

    counts: Counter[str]
    more: bool
    healthy: bool = True  # False: something was noted against the account


class Windows:
    """Holds the database and the templates."""

    def __init__(self, sessions: Sessions, versions: VersionCache) -> None:
        self.sessions = sessions
        self.versions = versions

    async def send(
        self,
        input: DeliverInput,
        through: Through,
        token: UUID,
        size: int,
        claim: Claim = messages.claim,
    ) -> Ended:
        """Idempotent by message and attempt: only what nobody has is claimed."""
        which, priority = input.which, PRIORITY_KEYS[input.priority]
        clock = through.clock or LeaseClock()  # before the claim: ends before the database's lease
        asked = False
        try:
            async with self.sessions.singly() as session:
                asked = True
                claimed = await claim(session, which, through.account.id, token, size)
                versions = await self.contents(session, claimed)
        except Exception:
            if asked:
                await until_written(lambda: self._released(input, through, token))
            raise

        def rendered(each: Claimed) -> Message:
            return render(which.owner_id, Channel(which.channel), each, versions)

        # No connection is held meanwhile.
        handover = Handover(through.opened, clock, rendered, stopping, priority)
        ends = await handover.send(claimed)
        healthy = await until_written(lambda: self._recorded(input, through, token, ends))
        counts = Counter(outcome.verdict.value for _, outcome in ends)
        return Ended(counts, len(claimed) == size, healthy)

    async def contents(
        self, session: Session, claimed: Sequence[Claimed]
    ) -> Mapping[UUID, Content]:
        """What these messages' template versions hold."""
        ids = {c.template_version_id for c in claimed if c.template_version_id}
        return await self.versions.load(session, ids)

    async def _released(self, input: DeliverInput, through: Through, token: UUID) -> None:
        """Whether the claim was made or not: its answer may have been lost."""
        async with self.sessions.singly() as session:
            await outcomes.release(session, input.which.owner_id, token)
            if through.grant_id:
                await rates.give_back(session, through.account.id, through.grant_id, 0)

    async def _recorded(
        self, input: DeliverInput, through: Through, token: UUID, ends: Ends
    ) -> bool:
        """Each statement may be repeated by itself. Is the account still in order?"""
        async with self.sessions.singly() as session:
            if ends:
                await outcomes.record(session, input.which.owner_id, token, ends)
            noted = await note_health(session, through.account, [end for _, end in ends])
            if through.grant_id:
                used = sum(outcome is not RELEASED for _, outcome in ends)
                await rates.give_back(session, through.account.id, through.grant_id, used)
        metrics.count(through.account, [outcome for _, outcome in ends])  # once: it is written
        return not noted


async def note_health(session: Session, account: Account, ends: Sequence[Outcome]) -> bool:
    """Open or close the account's breaker by what the vendor said in this window; did it change?"""
    said = [outcome for outcome in ends if outcome is not RELEASED]
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
