"""Is this priority busy? Then new notifications share a workflow instead of having their own.

Counted in PostgreSQL a few times a second while there are requests, plus what this process has
accepted since. Too high is harmless: a notification that could have had its own shares one.
"""

import asyncio
import time

import structlog

from models.database import is_away
from models.repositories import workflow_starts
from models.sessions import Sessions

log = structlog.get_logger()

FRESH_SECONDS = 0.1
AFTER_SECONDS = 0.03  # not beside the request that asked


class Load:
    """How much is accepted, due and unsent, by priority."""

    def __init__(self, sessions: Sessions, share_above: int) -> None:
        self._sessions = sessions
        self._bound = share_above
        self._unsent: dict[str, int] = {}
        self._counted_at = float("-inf")
        self._counting: asyncio.Task[None] | None = None

    def shares(self, priority: str) -> bool:
        """Shall the next notification share? It is counted in, until the next count."""
        self._count_soon()
        unsent = self._unsent.get(priority, 0)
        self._unsent[priority] = unsent + 1
        return unsent >= self._bound

    def _count_soon(self) -> None:
        if self._counting and not self._counting.done():
            return
        if time.monotonic() - self._counted_at >= FRESH_SECONDS:
            self._counting = asyncio.create_task(self._count())

    async def _count(self) -> None:
        await asyncio.sleep(AFTER_SECONDS)
        try:
            async with self._sessions.singly() as session:
                self._unsent = await workflow_starts.load(session, self._bound + 1)
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("load_not_counted", error=type(error).__name__)
        self._counted_at = time.monotonic()
