"""How an upload begins: a text of ours, or something that is refused as a whole."""

from models.audience_header import Header, of_line, refused
from models.errors import UnsupportedMediaType
from models.upload_block import MOST_BYTES, TOO_LONG, Block, is_utf8

BOM = b"\xef\xbb\xbf"
OTHERS = {
    b"\x1f\x8b": "compressed by gzip: send it as it was",
    b"PK\x03\x04": "a ZIP archive, as XLSX files are: save it as CSV",
    b"\xff\xfe": "UTF-16: save it as UTF-8",
    b"\xfe\xff": "UTF-16: save it as UTF-8",
}
OLD_MAC = "the lines end with CR alone, as on old Macs: save it with LF or CRLF line ends"


def check_beginning(piece: bytes, format: str) -> None:
    """UnsupportedMediaType or Invalid if this is no beginning of such a text."""
    for start, what in OTHERS.items():
        if piece.startswith(start):
            raise _no_text(what)
    if b"\0" in piece[:2]:
        raise _no_text("UTF-16 or no text at all: save it as UTF-8")
    text = piece[:MOST_BYTES].removeprefix(BOM).lstrip()
    if b"\r" in text.partition(b"\n")[0].rstrip():
        raise refused("old_mac_line_ends", OLD_MAC)
    if format == "ndjson" and text.startswith(b"["):
        raise refused("json_array", "a JSON array: send one object a line, as `jq -c '.[]'` does")


def has_first_line(piece: bytes) -> bool:
    """Is the first line that is not blank whole, or too long?"""
    return len(piece) > MOST_BYTES or b"\n" in piece.removeprefix(BOM).lstrip()


def header_of(block: Block) -> tuple[Header, int] | None:
    """The header and the number of its line, blank ones before it counted; None: not there yet."""
    for at, line in enumerate(block.texts):
        if not line.strip():
            continue
        if block.until(at) + len(block.lines[at]) > MOST_BYTES:
            break
        if not is_utf8(line):
            raise refused("not_utf8", "the first line is not UTF-8; save the file as UTF-8")
        return of_line(line.rstrip("\r")), at + 1
    else:
        if len(block.whole) + block.begun <= MOST_BYTES:
            return None
    raise refused("line_too_long", f"the first line, which names the columns, is {TOO_LONG}")


def _no_text(what: str) -> UnsupportedMediaType:
    return UnsupportedMediaType(
        f"the body is {what}", field="body", limit="UTF-8", reason="not_text"
    )
