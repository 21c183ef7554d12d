"""A file of JSON objects, a line each; - is the standard input."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from deploy.sending.refusals import CannotRead


@contextmanager
def opened(path: Path) -> Iterator[Iterator[bytes]]:
    """Its lines, without their ends."""
    if str(path) == "-":
        yield _lines(sys.stdin.buffer)
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise CannotRead(f"cannot read {path}: {error.strerror}") from None
    with file:
        yield _lines(file)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    return (line.rstrip(b"\r\n") for line in file)
