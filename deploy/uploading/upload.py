"""One upload of a file: part by part, each from where the API says that the last one ended."""

import time
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path

from deploy.sending.refusals import CannotRead
from deploy.sending.source import BY_NAME, Format
from deploy.uploading.client import AudienceClient, View

PART_BYTES = 8 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
BOM = b"\xef\xbb\xbf"

# Told after each chunk: bytes of the file that were sent, and the audience as last seen.
Progress = Callable[[int, View], None]


class Upload:
    """Sends the file to the audience; `view` is what the API said last."""

    def __init__(self, client: AudienceClient, file: BufferedReader, size: int, view: View) -> None:
        self.view = view
        self.seconds = 0.0
        self.rows = 0  # in this run
        self._client = client
        self._file = file
        self._size = size

    @property
    def per_second(self) -> float:
        """Rows, good or refused."""
        return round(self.rows / self.seconds, 1) if self.seconds else 0.0

    def run(self, told: Progress) -> None:
        """All that is not stored yet."""
        began, before = time.monotonic(), _rows(self.view)
        part = PART_BYTES
        while self.view["state"] == "receiving":
            offset: int = self.view["offset"]
            if offset > self._size:
                raise CannotRead(f"{offset:,} bytes are stored, more than the file has")
            size = min(part, self._size - offset)
            self.view = self._client.put(
                self.view["id"],
                offset,
                size,
                self._read(offset, size, told),
                complete=offset + size == self._size,
            )
            # A line that is longer than a part needs a longer one.
            part = PART_BYTES if self.view["offset"] > offset else part * 2
            self.seconds, self.rows = time.monotonic() - began, _rows(self.view) - before
            told(self.view["offset"], self.view)

    def _read(self, offset: int, size: int, told: Progress) -> Iterator[bytes]:
        self._file.seek(offset)
        end = offset + size
        while offset < end and (chunk := self._file.read(min(CHUNK_BYTES, end - offset))):
            offset += len(chunk)
            yield chunk
            told(offset, self.view)


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
    return int(view["rows"]) + int(view["refused"])
