"""Decide what may be sent now, what must wait, what is over; for a new owner in one statement."""

from datetime import datetime
from uuid import UUID

from temporalio import activity

from models.decision import Decision
from models.repositories import decisions, sweeps
from models.repositories.decisions import OpenChannel
from models.sessions import Sessions


class DecideActivities:
    """Holds the database."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    @activity.defn
    async def decide(self, owner_id: UUID) -> Decision:
        """Idempotent: messages are unique by owner, step and contact; deciding again adds none."""
        async with self.sessions.singly() as session:
            fresh = await decisions.decide(session, owner_id)
        if fresh:
            return _decision(fresh, None)
        async with self.sessions.begin() as session:
            status = await decisions.status(session, owner_id)
            if status == "running" and await decisions.end(session, owner_id):
                return Decision(ended="ended")
            channels = await decisions.open_channels(session, owner_id)
            if status != "running":
                for channel in channels:  # queued by a decision that a cancellation overlapped
                    await sweeps.sweep(session, channel.which)
                return Decision(ended=status)
            decision = _decision(channels, await decisions.next_due(session, owner_id))
            if decision.look_again_at and not decision.deliver:
                await decisions.set_next(session, owner_id, decision.look_again_at)
        return decision


def _decision(channels: list[OpenChannel], next_due: datetime | None) -> Decision:
    waiting = [channel.look_again_at for channel in channels if not channel.due]
    return Decision(
        deliver=tuple(channel.which for channel in channels if channel.due),
        expires_at=max((channel.expires_at for channel in channels), default=None),
        look_again_at=min([*waiting, *([next_due] if next_due else [])], default=None),
    )
