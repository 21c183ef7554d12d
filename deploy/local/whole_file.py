"""Writes a file whole or not at all: a reader, or the next start after a kill, never sees half."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Replace the file at `path`; only its owner may read it."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
