"""The keys seen in the last two seconds, and when each was last used.

Whoever has no key can make up as many as they like that look like one. What that costs is bounded:

* A key that is none is not looked up again for a second. A new key works at once all the same: its
  178 random bits are asked for by nobody before it is there.
* Keys that are each another are looked up together: one query at a time in a process, for all that
  have come meanwhile; and after one that knew some of them not, none for ten milliseconds. So a
  flood costs a hundred queries a second at most, one connection, and nobody is refused for it: a
  good key waits for the query before its own.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Mapping
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
UNKNOWN_SECONDS = 1.0
KEPT = 10_000  # of either
SPACED_SECONDS = 0.01
WRITTEN_EVERY_SECONDS = 30.0


class KeyCache:
    """A busy caller's key is not read each time, and its use not written each time."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._kept: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
        self._unknown: OrderedDict[bytes, float] = OrderedDict()
        self._wanted: set[bytes] = set()  # by the next query
        self._next: asyncio.Task[Mapping[bytes, Caller]] | None = None
        self._turn = asyncio.Lock()
        self._used: dict[UUID, datetime] = {}
        self._writer: asyncio.Task[None] | None = None

    async def find(self, key: str) -> Caller | None:
        """The live key's owner, or None."""
        if not keys.is_well_formed(key):
            return None
        digest = keys.digest(key)
        now, kept = time.monotonic(), self._kept.get(digest)
        if kept and now - kept[0] < KEPT_SECONDS:
            return kept[1]
        if now - self._unknown.get(digest, float("-inf")) < UNKNOWN_SECONDS:
            return None
        owner = (await self._looked_up(digest)).get(digest)
        self._keep(digest, owner)
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

    def _looked_up(self, digest: bytes) -> Awaitable[Mapping[bytes, Caller]]:
        """By the next query; who goes away stops it for nobody else."""
        self._wanted.add(digest)
        self._next = self._next or asyncio.create_task(self._look_up())
        return asyncio.shield(self._next)

    async def _look_up(self) -> Mapping[bytes, Caller]:
        async with self._turn:
            wanted, self._wanted, self._next = self._wanted, set(), None
            async with self._sessions.singly() as session:
                found = await api_keys.find_all(session, wanted)
            if len(found) < len(wanted):
                await asyncio.sleep(SPACED_SECONDS)
            return found

    def _keep(self, digest: bytes, owner: Caller | None) -> None:
        self._kept.pop(digest, None)
        self._unknown.pop(digest, None)
        if owner:
            self._kept[digest] = time.monotonic(), owner
            self._note_use(owner.key_id)
        else:
            self._unknown[digest] = time.monotonic()
        for one in (self._kept, self._unknown):
            if len(one) > KEPT:
                one.popitem(last=False)

    def _note_use(self, key_id: UUID) -> None:
        self._used[key_id] = datetime.now(UTC)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_later())

    async def _write_later(self) -> None:
        await asyncio.sleep(WRITTEN_EVERY_SECONDS)
        await self.write_uses()
