"""One upload of a file: how far it is, and how fast it was."""

from __future__ import annotations

import time
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from api.sdk import Tidings
from deploy.sending.refusals import CannotRead
from deploy.sending.source import BY_NAME, Format

if TYPE_CHECKING:
    from api.sdk.models import AudienceDetailView as View

BOM = b"\xef\xbb\xbf"

# Told after each chunk: bytes of the file that were sent, and the audience as last seen.
Progress: TypeAlias = "Callable[[int, View], None]"


class Upload:
    """Sends the file to the audience; `view` is what the API said last."""

    def __init__(self, tidings: Tidings, file: BufferedReader, view: View) -> None:
        self.view = view
        self.seconds = 0.0
        self.rows = 0  # in this run
        self._tidings = tidings
        self._file = file

    @property
    def per_second(self) -> float:
        """Rows, good or refused."""
        return round(self.rows / self.seconds, 1) if self.seconds else 0.0

    def run(self, told: Progress) -> None:
        """All that is not stored yet."""
        began, before = time.monotonic(), _rows(self.view)

        def seen(sent: int, view: View) -> None:
            self.view = view
            self.seconds, self.rows = time.monotonic() - began, _rows(view) - before
            told(sent, view)

        self.view = self._tidings.audiences.upload(self.view["id"], self._file, told=seen)


def opened(path: Path) -> tuple[BufferedReader, int]:
    """The file and its size; CannotRead if it is none: only a file can be gone back in."""
    try:
        if not path.is_file():
            raise CannotRead(f"{path} is no file: an upload that is cut off goes back in it")
        return path.open("rb"), path.stat().st_size
    except OSError as error:
        raise CannotRead(f"cannot read {path}: {error.strerror}") from None


def format_of(path: Path, file: BufferedReader) -> Format:
    """By its name, or else by its first byte."""
    start = file.peek(1024).removeprefix(BOM).lstrip()
    return BY_NAME.get(path.suffix.lower()) or ("ndjson" if start.startswith(b"{") else "csv")


def _rows(view: View) -> int:
    return view["rows"] + view["refused"]
