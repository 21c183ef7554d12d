"""Text lines of a file that may be anything: UTF-8 or refused, and never much of it in memory.

Count lines as an editor does: every complaint names one.
"""

from typing import BinaryIO

from deploy.sending.refusals import CannotRead

MOST_BYTES = 1_000_000  # of one record: a line, or the lines of one quoted CSV row
BOM = b"\xef\xbb\xbf"


class TooLong(Exception):
    """A record is longer than MOST_BYTES; the next line can be read."""


class TextLines:
    """An iterator over the lines, with their ends; `number` and `bytes_read` say how far it is."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.number = 0
        self.bytes_read = 0
        self.ended = False
        self._file = file
        self._name = name
        self._record_bytes = 0

    def __iter__(self) -> "TextLines":
        return self

    def begin_record(self) -> None:
        """The limit counts from here."""
        self._record_bytes = 0

    def __next__(self) -> str:
        raw = self._file.readline(MOST_BYTES + 1)
        self.number += 1
        self.bytes_read += len(raw)
        self._record_bytes += len(raw)
        if not raw:
            self.ended = True
            raise StopIteration
        if self._record_bytes > MOST_BYTES:
            self._skip_rest(raw)
            raise TooLong
        if self.number == 1:
            raw = raw.removeprefix(BOM)
        return self._decoded(raw)

    def _skip_rest(self, raw: bytes) -> None:
        while raw and not raw.endswith(b"\n"):
            raw = self._file.readline(MOST_BYTES)
            self.bytes_read += len(raw)

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise CannotRead(
                f"{self._name}, line {self.number}, byte {error.start + 1}:"
                f" 0x{raw[error.start]:02X} is not UTF-8; save the file as UTF-8"
            ) from None
