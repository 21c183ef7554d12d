"""The log file of each part: one file and the one before it, turned over at a start."""

import os
from pathlib import Path

KEPT_BYTES = 10_000_000
TAIL_LINES = 20


def log_path(logs: Path, part: str) -> Path:
    """Where the part of this name writes."""
    return logs / f"{part.replace(' ', '-')}.log"


def open_log(path: Path) -> int:
    """A descriptor that appends to the log; a large one is set aside first."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and path.stat().st_size > KEPT_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def tail(path: Path, since: int = 0, lines: int = TAIL_LINES) -> list[str]:
    """The last lines written after byte `since`."""
    if not path.exists():
        return []
    with path.open("rb") as log:
        end = log.seek(0, os.SEEK_END)
        log.seek(max(since, end - 400 * lines))
        return log.read().decode(errors="replace").splitlines()[-lines:]
