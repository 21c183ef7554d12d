"""An account's lanes, shared by all campaigns of a process: who waits for one gets it in turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Lanes:
    """So many at once; `waiting` says how many would take one over."""

    def __init__(self, size: int) -> None:
        self.waiting = 0
        self._free = asyncio.Semaphore(size)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """A lane, as soon as one is free."""
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._free.release()
