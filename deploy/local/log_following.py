"""Log files while they are written, also when one is set aside and begun anew."""

import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from deploy.local.log_lines import BEGINNING, Line, dated

LOOK_SECONDS = 0.2


class Followed:
    """One file, from where it ends now."""

    def __init__(self, part: str, path: Path) -> None:
        self._part = part
        self._path = path
        self._log: BinaryIO = path.open("rb")
        self._log.seek(0, os.SEEK_END)
        self._at: datetime = BEGINNING
        self._half = b""

    def new_lines(self) -> Iterator[Line]:
        """What was added since it was asked last; half a line waits for the rest."""
        *whole, self._half = (self._half + self._log.read()).split(b"\n")
        texts = (line.decode(errors="replace") for line in whole)
        for line in dated(self._part, texts, self._at):
            self._at = line.at
            yield line
        if self._was_set_aside():
            self._log.close()
            self._log = self._path.open("rb")

    def _was_set_aside(self) -> bool:
        try:
            return self._path.stat().st_ino != os.fstat(self._log.fileno()).st_ino
        except FileNotFoundError:
            return False


def follow(files: dict[str, Path]) -> Iterator[Line]:
    """New lines of all of them, for ever."""
    followed = [Followed(part, path) for part, path in files.items()]
    while True:
        for each in followed:
            yield from each.new_lines()
        time.sleep(LOOK_SECONDS)
