"""The keys seen in the last two seconds, and when each was last used."""

import asyncio
import time
from collections import OrderedDict
from datetime import UTC, datetime
from uuid import UUID

import structlog

from models import keys
from models.database import is_away
from models.repositories import api_keys
from models.repositories.api_keys import Caller
from models.sessions import Sessions

log = structlog.get_logger()

KEPT_SECONDS = 2.0  # a revoked key is refused everywhere within this time; promised are 5
KEPT = 10_000
WRITTEN_EVERY_SECONDS = 30.0


class KeyCache:
    """A busy caller's key is not read each time, and its use not written each time."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._kept: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
        self._used: dict[UUID, datetime] = {}
        self._writer: asyncio.Task[None] | None = None

    async def find(self, key: str) -> Caller | None:
        """The live key's owner, or None."""
        if not keys.is_well_formed(key):
            return None
        digest = keys.digest(key)
        kept = self._kept.get(digest)
        if kept and time.monotonic() - kept[0] < KEPT_SECONDS:
            return kept[1]
        async with self._sessions.singly() as session:
            owner = await api_keys.find(session, digest)
        self._kept.pop(digest, None)
        if owner:
            self._kept[digest] = time.monotonic(), owner
            self._note_use(owner.key_id)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return owner

    async def write_uses(self) -> None:
        """All uses since the last time, in one statement; what cannot be written now is lost."""
        used, self._used = self._used, {}
        if not used:
            return
        try:
            async with self._sessions.singly() as session:
                await api_keys.used(session, used)
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("key_uses_not_written", count=len(used), error=type(error).__name__)

    async def close(self) -> None:
        """Write what is left."""
        if self._writer:
            self._writer.cancel()
        await self.write_uses()

    def _note_use(self, key_id: UUID) -> None:
        self._used[key_id] = datetime.now(UTC)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_later())

    async def _write_later(self) -> None:
        await asyncio.sleep(WRITTEN_EVERY_SECONDS)
        await self.write_uses()
