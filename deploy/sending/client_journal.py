"""The sender's own ledger: one NDJSON line for every notification the API took, for the audit.

A chunk is durable here before the next one is sent. After a crash the same file is sent again, and
its lines are written again: readers go by `id`.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from deploy.sending.refusals import CannotRead

TAIL_BYTES = 65_536


class ClientJournal:
    """The file at `path`, appended to; without a path nothing is kept.

    Raises:
        CannotRead: it cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self._file: int | None = None
        if path is None:
            return
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            _drop_torn_line(self._file)
        except OSError as error:
            raise CannotRead(f"cannot write the journal {path}: {error.strerror}") from None

    def append(self, entries: Sequence[dict[str, Any]]) -> None:
        """Return when they are durable."""
        if self._file is None or not entries:
            return
        lines = (orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE) for entry in entries)
        rest = memoryview(b"".join(lines))
        while rest:
            rest = rest[os.write(self._file, rest) :]
        os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)


def _drop_torn_line(file: int) -> None:
    """A kill may have left half a line, which would spoil the next one."""
    size = os.fstat(file).st_size
    tail = os.pread(file, TAIL_BYTES, max(0, size - TAIL_BYTES))
    torn = len(tail) - (tail.rfind(b"\n") + 1)
    if torn:
        os.ftruncate(file, size - torn)
