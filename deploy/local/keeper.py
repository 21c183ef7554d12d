"""Keeps one part alive: starts it, starts it again when it dies, gives up when that is no use."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from deploy.local.child import Child
from deploy.local.part import Part
from deploy.local.refusal import PartFailed
from deploy.local.waiting import first_of

RESTARTS = 5  # one more death within the window, and the part is given up
WINDOW_SECONDS = 60


class Phase(StrEnum):
    """Where a part is."""

    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPED = "stopped"


class Keeper:
    """One part and the process that runs it now.

    `say` gets a line for a person at each restart; `changed` is called when the phase moves; once
    `hurry` is set there is no time left for a clean end.
    """

    def __init__(
        self,
        part: Part,
        logs: Path,
        say: Callable[[str], None],
        changed: Callable[[], None],
        hurry: asyncio.Event,
    ) -> None:
        self.part = part
        self.phase = Phase.STARTING
        self.restarts = 0
        self.child: Child | None = None
        self.ready = asyncio.Event()
        self._logs = logs
        self._say = say
        self._changed = changed
        self._deaths: deque[float] = deque()
        self._stop = asyncio.Event()
        self._hurry = hurry
        self._epitaph = ""
        self._stop_within_seconds = part.stop_within_seconds

    async def keep(self) -> None:
        """Run the part until `stop`; PartFailed when it is given up."""
        try:
            while not self._stop.is_set():
                self.child = await Child.start(self.part, self._logs)
                await first_of(self._live(self.child), self._stop.wait())
                if not self._stop.is_set():
                    await self._mourn(self.child)
        finally:
            if self.child:
                await self.child.stop(self._stop_within_seconds, self._hurry)
            self._move(Phase.STOPPED)

    def stop(self, within_seconds: float) -> None:
        """Let `keep` stop the process, with at most this long for a clean end."""
        self._stop_within_seconds = min(self.part.stop_within_seconds, within_seconds)
        self._stop.set()

    async def _live(self, child: Child) -> None:
        if self.restarts:
            self._say(f"{self._epitaph}, restarted ({len(self._deaths)} of {RESTARTS})")
        await first_of(self._come_up(child), child.ended())
        await child.ended()

    async def _come_up(self, child: Child) -> None:
        if not await child.ready():
            raise PartFailed(
                f"{self.part.name} was not ready within {self.part.ready_within_seconds:g} s",
                child.tail(),
            )
        self._move(Phase.READY)
        self.ready.set()

    async def _mourn(self, child: Child) -> None:
        self._epitaph = f"{self.part.name} died (exit {child.code})"
        now = time.monotonic()
        self._deaths.append(now)
        while self._deaths[0] < now - WINDOW_SECONDS:
            self._deaths.popleft()
        if len(self._deaths) > RESTARTS:
            raise PartFailed(
                f"{self._epitaph} for the {len(self._deaths)}th time in {WINDOW_SECONDS} s",
                child.tail(),
            )
        self.restarts += 1
        self._move(Phase.RESTARTING)
        pause = self.part.first_pause_seconds * 2 ** (len(self._deaths) - 1)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._stop.wait()

    def _move(self, phase: Phase) -> None:
        self.phase = phase
        self._changed()
