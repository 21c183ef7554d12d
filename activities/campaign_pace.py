"""How much of an account may be claimed ahead, by all of a process's campaigns together.

By the account's own pace, and never more than some windows: what is claimed and not yet recorded is
what a kill leaves in doubt.
"""

import asyncio
import time

WINDOW = 200  # claimed at once of a vendor that takes one message a call
WINDOWS_AHEAD = 3  # one is claimed, one is sent, one is recorded
AHEAD_SECONDS = 0.25  # no more is claimed than is recorded within this time


class Pace:
    """A running average of what is recorded a second, and the bound it sets."""

    def __init__(self, lanes: int, max_batch: int) -> None:
        self.window = max(WINDOW, max_batch)
        self.least = min(self.window, lanes * max_batch)  # worth a claim: a call for each lane
        self.in_doubt = 0  # claimed and not yet recorded
        self._per_second = 0.0
        self._last = time.monotonic()
        self._changed = asyncio.Event()

    def room(self) -> int:
        """How many may be claimed now; 0: too few to be worth it."""
        room = min(self.window, self._most() - self.in_doubt)
        return room if room >= self.least else 0

    def claimed(self, messages: int) -> None:
        """So many more are in doubt."""
        self.in_doubt += messages

    def recorded(self, messages: int) -> None:
        """So many fewer are in doubt."""
        now = time.monotonic()
        seconds = max(now - self._last, 0.001)
        self._per_second += (messages / seconds - self._per_second) / 4
        self._last = now
        self.released(messages)

    def released(self, messages: int) -> None:
        """They went back, never handed over."""
        self.in_doubt -= messages
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def change(self) -> None:
        """Wait until there may be room."""
        await self._changed.wait()

    def _most(self) -> int:
        if not self._per_second:
            return self.window
        paced = max(self.least, int(self._per_second * AHEAD_SECONDS))
        return min(WINDOWS_AHEAD * self.window, paced)
