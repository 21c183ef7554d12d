"""The vendors' own account of what they accepted: append-only, one JSON line an effect.

No sender is answered before the line is durable. All effects that wait share one fsync, which
runs in a thread of its own.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import orjson

from deploy.local.sandbox.effects import Effect, sealed
from deploy.local.sandbox.index import Index, Place

FILE = "journal.ndjson"


def read(path: Path) -> Iterator[Effect]:
    """The effects in the file, in order; a last line that is not complete yet is left out.

    Raises:
        orjson.JSONDecodeError: a complete line is not JSON: the file is damaged.
    """
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            yield _effect(line)


@dataclass(frozen=True, slots=True)
class _Pending:
    effects: Sequence[Effect]
    lines: Sequence[bytes]
    durable: asyncio.Future[None]


class Journal:
    """The journal in a directory, open for one process.

    Raises:
        BlockingIOError: another process has it open.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / FILE
        self.index = Index()
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _sync_directory(directory)
        self._size = self._read_back()
        os.ftruncate(self._file, self._size)  # the torn line that a kill left behind
        self._n = self.index.last
        self._pending: list[_Pending] = []
        self._thread = ThreadPoolExecutor(1, "journal")
        self._commits: asyncio.Task[None] | None = None

    async def append(self, effects: Sequence[Effect]) -> None:
        """Number the effects and return when they, and all before them, are durable.

        With no effects it waits for those before. Cancelled, the effects are still written.

        Raises:
            OSError: they could not be written; none of them is in the file.
        """
        now = time.time()
        numbered = [sealed(effect, self._n + i, now) for i, effect in enumerate(effects, 1)]
        self._n += len(numbered)
        lines = [orjson.dumps(effect, option=orjson.OPT_APPEND_NEWLINE) for effect in numbered]
        pending = _Pending(numbered, lines, asyncio.get_running_loop().create_future())
        self._pending.append(pending)
        if self._commits is None or self._commits.done():
            self._commits = asyncio.create_task(self._commit())
        await pending.durable

    def fetch(self, places: Sequence[Place]) -> list[Effect]:
        """The effects at these places of the file."""
        return [_effect(os.pread(self._file, place.length, place.offset)) for place in places]

    async def close(self) -> None:
        """Wait for what is being written, then let go of the file."""
        if self._commits is not None:
            await self._commits
        self._thread.shutdown()
        os.close(self._file)

    async def _commit(self) -> None:
        """Write until nothing waits; whatever arrives during an fsync shares the next one."""
        loop = asyncio.get_running_loop()
        while self._pending:
            batch, self._pending = self._pending, []
            data = b"".join(line for pending in batch for line in pending.lines)
            try:
                await loop.run_in_executor(self._thread, self._write, data)
            except OSError as error:
                for pending in batch:
                    if not pending.durable.done():
                        pending.durable.set_exception(error)
                continue
            for pending in batch:
                self._remember(pending)

    def _remember(self, pending: _Pending) -> None:
        for effect, line in zip(pending.effects, pending.lines, strict=True):
            self.index.add(effect, self._size, len(line))
            self._size += len(line)
        if not pending.durable.done():  # its sender has left
            pending.durable.set_result(None)

    def _write(self, data: bytes) -> None:
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise

    def _read_back(self) -> int:
        """Fill the index; the size of the file up to its last complete line, in bytes."""
        size = 0
        with self.path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self.index.add(_effect(line), size, len(line))
                size += len(line)
        return size


def _effect(line: bytes) -> Effect:
    return Effect(**orjson.loads(line))


def _sync_directory(directory: Path) -> None:
    """Make the file's name durable too."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
