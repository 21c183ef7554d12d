"""One running process of a part.

Start children on the main thread's event loop only (`die_with_parent` says why).
"""

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path

from deploy.local.account import identity
from deploy.local.logs import log_path, open_log, tail
from deploy.local.part import Part
from deploy.local.probes import answers
from deploy.local.processes import birth, die_with_parent
from deploy.local.refusal import CannotRun
from deploy.local.waiting import first_of

PROBE_SECONDS = 0.05
ABORT_WITHIN_SECONDS = 1


class Child:
    """A process that `start` started; its output goes to its part's log."""

    def __init__(self, part: Part, process: asyncio.subprocess.Process, log: Path, begin: int):
        self.part = part
        self.pid = process.pid
        self.born = birth(process.pid)
        self.started_at = time.time()
        self._process = process
        self._log = log
        self._begin = begin  # where this process's lines begin in the log

    @classmethod
    async def start(cls, part: Part, logs: Path) -> "Child":
        """Start the part's process, in a session of its own; CannotRun if that is impossible."""
        log = log_path(logs, part.name)
        output = open_log(log)
        begin = os.fstat(output).st_size
        try:
            process = await asyncio.create_subprocess_exec(
                *part.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(part.environment),
                cwd="/",
                start_new_session=True,  # a Ctrl-C at the terminal is for us alone
                preexec_fn=die_with_parent(part.abort_signal),
                **identity(part.account),
            )
        except OSError as error:
            raise CannotRun(f"cannot start {part.name}: {error.strerror}") from None
        finally:
            os.close(output)
        return cls(part, process, log, begin)

    @property
    def code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.returncode

    async def ended(self) -> int:
        """Wait for its end; the exit code."""
        return await self._process.wait()

    async def ready(self) -> bool:
        """Wait until it can serve; False if its time for that ran out."""
        deadline = time.monotonic() + self.part.ready_within_seconds
        while not await self._is_ready():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(PROBE_SECONDS)
        return True

    async def stop(self, within_seconds: float, hurry: asyncio.Event) -> None:
        """Ask it to stop, wait that long or until told to hurry, then end it for certain."""
        self._signal(self.part.stop_signal)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                await first_of(self.ended(), hurry.wait())
        for how in (self.part.abort_signal, signal.SIGKILL):
            if self.code is not None:
                return
            self._signal(how)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ABORT_WITHIN_SECONDS):
                    await self.ended()

    def tail(self) -> list[str]:
        """The last lines it wrote."""
        return tail(self._log, self._begin)

    async def _is_ready(self) -> bool:
        if self.part.url:
            return await answers(self.part.url)
        with self._log.open("rb") as log:
            log.seek(self._begin)
            return self.part.ready_line.encode() in log.read()

    def _signal(self, how: signal.Signals) -> None:
        if self.code is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if how is signal.SIGKILL:
                os.killpg(self.pid, how)  # and whatever it started
            else:
                self._process.send_signal(how)
