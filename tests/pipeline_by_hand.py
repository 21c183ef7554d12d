"""The pipeline's own statements, as far as a test wants to go: no worker runs."""

from uuid import UUID

from uuid_utils.compat import uuid7

from models.messages import Outcome, Scope, Verdict
from models.repositories import decisions, messages, outcomes
from models.selection import Selection
from models.sessions import Sessions

ACCEPTED = Outcome(Verdict.ACCEPTED, vendor_id="v1")
REFUSED = Outcome(Verdict.REFUSED, scope=Scope.CONTENT, reason="no")
UNKNOWN = Outcome(Verdict.UNKNOWN, reason="timeout")


class Pipeline:
    """Decides, claims and records, as the activities do."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    async def queue(self, id: UUID) -> None:
        async with self.sessions.begin() as session:
            await decisions.decide(session, id)

    async def hand_over(self, id: UUID, account: UUID, channel: str = "email") -> tuple:
        await self.queue(id)
        token = uuid7()
        async with self.sessions.begin() as session:
            which = Selection(id, channel, 1, 9)
            return token, await messages.claim(session, which, account, token, 9)

    async def send(self, id: UUID, account: UUID, outcome: Outcome) -> None:
        token, claimed = await self.hand_over(id, account)
        await self.record(id, token, claimed, outcome)

    async def record(self, id: UUID, token: UUID, claimed: list, outcome: Outcome) -> None:
        async with self.sessions.begin() as session:
            await outcomes.record(session, id, token, [(each, outcome) for each in claimed])
            await decisions.end(session, id)

    async def end(self, id: UUID) -> None:
        async with self.sessions.begin() as session:
            await decisions.end(session, id)
