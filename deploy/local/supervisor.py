"""Starts the parts of a stack, keeps them alive and stops them in order.

Whatever way it ends, no process is left behind.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.local.child import Child
from deploy.local.keeper import Keeper
from deploy.local.part import Part
from deploy.local.refusal import PartFailed
from deploy.local.waiting import first_of

STOP_WITHIN_SECONDS = 14.0  # all parts together, for a clean end; a second is left for the rest


class Supervisor:
    """The parts of one stack. `keepers` has those that were started, in that order."""

    def __init__(self, logs: Path, say: Callable[[str], None], changed: Callable[[], None]) -> None:
        self.keepers: list[Keeper] = []
        self._logs = logs
        self._say = say
        self._changed = changed
        self._tasks: dict[Keeper, asyncio.Task[None]] = {}
        self._hurry = asyncio.Event()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def start(self, *parts: Part) -> None:
        """Start these together and return when all are ready; PartFailed if any was given up."""
        keepers = [self._keeper(part) for part in parts]
        for keeper in keepers:
            self.keepers.append(keeper)
            self._tasks[keeper] = asyncio.create_task(keeper.keep())
            self._tasks[keeper].add_done_callback(self._note_failure)
        await first_of(_all_ready(keepers), self.failure())

    async def run(self, part: Part) -> None:
        """Run a part to its end; PartFailed if that is not a good one."""
        child = await Child.start(part, self._logs)
        try:
            code = await child.ended()
        finally:
            await child.stop(part.stop_within_seconds, self._hurry)
        if code:
            raise PartFailed(f"{part.name} failed (exit {code})", child.tail())

    async def failure(self) -> None:
        """Wait until a part is given up, and raise why; for ever if all goes well."""
        await asyncio.shield(self._failed)

    async def stop(self) -> None:
        """Stop all, the highest stage first, within STOP_WITHIN_SECONDS and a second."""
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        staged = sorted(self.keepers, key=_stage, reverse=True)
        for _, group in itertools.groupby(staged, key=_stage):
            together = list(group)
            for keeper in together:
                keeper.stop(max(0.0, deadline - time.monotonic()))
            await asyncio.gather(*(self._tasks[k] for k in together), return_exceptions=True)

    def hurry(self) -> None:
        """From now on nothing gets time for a clean end."""
        self._hurry.set()

    def _keeper(self, part: Part) -> Keeper:
        return Keeper(part, self._logs, self._say, self._changed, self._hurry)

    def _note_failure(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error and not self._failed.done():
            self._failed.set_exception(error)


async def _all_ready(keepers: Sequence[Keeper]) -> None:
    for keeper in keepers:
        await keeper.ready.wait()


def _stage(keeper: Keeper) -> int:
    return keeper.part.stage
