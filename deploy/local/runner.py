"""Takes a stack up, stays while it is well, and takes it down.

It goes down at a signal, or when a part is given up; either way nothing is left running.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from deploy.local.folder import DataFolder
from deploy.local.refusal import CannotRun, PartFailed
from deploy.local.stack import Step
from deploy.local.state import StackState, part_states, write_state
from deploy.local.supervisor import Supervisor
from deploy.local.waiting import first_of

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def run_stack(
    folder: DataFolder,
    port_base: int,
    steps: Sequence[Step],
    say: Callable[[str], None],
    ready: Callable[[StackState], None],
) -> None:
    """Take the steps, call `ready`, and stay until a signal comes; a second one hurries the stop.

    Raises CannotRun, or PartFailed with a log's tail, when the stack cannot go on.
    """
    run = _Run(folder, port_base, say)
    with _signals(run.on_signal):
        try:
            await first_of(
                run.up_and_stay(steps, ready), run.supervisor.failure(), run.asked.wait()
            )
        except CannotRun as error:
            run.error = error
            run.say(f"stopping: {error}")
            raise
        finally:
            run.move("stopping")
            await run.supervisor.stop()
            run.move("stopped")


class _Run:
    """One run of a stack: its phase, written down whenever anything changes."""

    def __init__(self, folder: DataFolder, port_base: int, say: Callable[[str], None]) -> None:
        self.asked = asyncio.Event()
        self.error: CannotRun | None = None
        self.supervisor = Supervisor(folder.logs, self.say, self._write)
        self._said: list[str] = []
        self._folder = folder
        self._port_base = port_base
        self._tell = say
        self._phase = "starting"
        self._write()

    async def up_and_stay(self, steps: Sequence[Step], ready: Callable[[StackState], None]) -> None:
        for step in steps:
            began = time.monotonic()
            await step.take(self.supervisor)
            self.say(f"{step.title}: ready after {time.monotonic() - began:.1f} s")
        self.move("ready")
        ready(self._state())
        await asyncio.Event().wait()

    def say(self, line: str) -> None:
        self._tell(line)
        if self._phase == "starting":  # who started it detached watches until it is ready
            self._said.append(line)
            self._write()

    def on_signal(self) -> None:
        if self.asked.is_set():
            self.supervisor.hurry()
        else:
            self.asked.set()
            self.say("stopping; once more to hurry")

    def move(self, phase: str) -> None:
        self._phase = phase
        self._write()

    def _write(self) -> None:
        write_state(self._folder.state, self._state())

    def _state(self) -> StackState:
        return StackState(
            phase=self._phase,
            pid=os.getpid(),
            port_base=self._port_base,
            parts=part_states(self.supervisor),
            error=str(self.error or ""),
            tail=self.error.tail if isinstance(self.error, PartFailed) else [],
            said=self._said,
        )


@contextmanager
def _signals(handler: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    # `nohup` asks that the end of the terminal be ignored.
    ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    heard = [number for number in SIGNALS if not (ignored and number == signal.SIGHUP)]
    for number in heard:
        loop.add_signal_handler(number, handler)
    try:
        yield
    finally:
        for number in heard:
            loop.remove_signal_handler(number)
