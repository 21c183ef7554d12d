"""So much at once and no more; who waits is served by priority, then in turn."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count


class Slots:
    """Like a semaphore, but the most urgent waiter is next, and one may take several."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._turns = count()
        self._waiting: list[tuple[int, int, int, asyncio.Future[int]]] = []

    @asynccontextmanager
    async def taken(self, wanted: int, priority: int) -> AsyncIterator[int]:
        """From one to `wanted` slots, as soon as one is free; priority 1 is the most urgent."""
        turn: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._turns), wanted, turn))
        self._serve()
        try:
            yield await turn
        finally:
            # Cancelled while it waited: nothing was taken, unless its turn had just come.
            if not turn.cancelled():
                self._free += turn.result()
                self._serve()

    def _serve(self) -> None:
        while self._free and self._waiting:
            _, _, wanted, turn = heapq.heappop(self._waiting)
            if not turn.done():  # else its waiter was cancelled
                taken = min(wanted, self._free)
                self._free -= taken
                turn.set_result(taken)
