"""Decide what may be sent now, what must wait and what is over, in one short transaction."""

from uuid import UUID

from temporalio import activity

from models.database import Sessions
from models.decision import Decision
from models.repositories import decisions


class DecideActivities:
    """Holds the database."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    @activity.defn
    async def decide(self, owner_id: UUID) -> Decision:
        """Idempotent: messages are unique by owner, step and contact; deciding again adds none."""
        async with self.sessions.begin() as session:
            status = await decisions.lock(session, owner_id)
            if status != "running":
                return Decision(ended=status)
            await decisions.decide(session, owner_id)
            if await decisions.end(session, owner_id):
                return Decision(ended="ended")
            channels = await decisions.open_channels(session, owner_id)
            next_due = await decisions.next_due(session, owner_id)
            waiting = [channel.look_again_at for channel in channels if not channel.due]
            look_again_at = min([*waiting, *([next_due] if next_due else [])], default=None)
            if look_again_at and len(waiting) == len(channels):
                await decisions.set_next(session, owner_id, look_again_at)
        return Decision(
            deliver=tuple(channel.which for channel in channels if channel.due),
            expires_at=max((channel.expires_at for channel in channels), default=None),
            look_again_at=look_again_at,
        )
