"""An upload on its way: pieces of the body are parsed, and stored while the next ones arrive.

Each store is a short transaction of its own, with the offset in it: whatever ends the upload, what
was stored is kept, and whole records only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request

from api.deps import Begin
from api.places import uploader, uploads
from api.upload_body import Body, check_encoding, too_large
from api.upload_parsing import PARSING
from models.audience_header import of_kept
from models.database import is_away
from models.errors import Unavailable
from models.messages import Channel
from models.repositories import audiences
from models.repositories.audiences import MOST_REFUSALS, Row
from models.upload_lines import Order, Parsed, Position

MOST_ROWS = 1_000_000
MOST_LINES = 2 * MOST_ROWS  # with blank ones, which are nothing, but take time
MOST_BYTES = 2**30
# Stored at once: of short rows fewer bytes, or the event loop would hand over too many at a time.
ROWS_AT_ONCE = 5_000
FEWEST_BYTES, MOST_BYTES_AT_ONCE = 64 * 1024, 1024 * 1024
PLACES = uploads(most=32, most_of_one=8)

_under_way: set[UUID] = set()  # in this process; against others, the offset is compared


@dataclass(frozen=True, slots=True)
class Upload:
    """To which audience, from where on, and by whom; `complete`: nothing follows."""

    application_id: UUID
    id: UUID
    by: str
    offset: int
    complete: bool = True


class Intake:
    """Takes the body of one request."""

    def __init__(self, begin: Begin, row: Row, by: str) -> None:
        self._begin, self._by = begin, by
        self._id: UUID = row["id"]
        self._position = Position(row["received_bytes"], row["lines"], of_kept(row["header"]))
        self._order = Order(
            format=row["format"],
            rows=MOST_ROWS - row["rows"],
            refusals=max(0, MOST_REFUSALS - row["refused"]),
            channel=Channel(row["channel"]),
        )
        self._buffer = bytearray()
        self._enough = FEWEST_BYTES

    async def take(self, body: Body, *, complete: bool) -> None:
        """Store all that is whole; with `complete`, nothing follows."""
        async for chunk in body.chunks():
            self._buffer += chunk
            if len(self._buffer) >= self._enough:
                await self._keep(last=False)
        await self._keep(last=complete and not body.error)
        if body.error:
            raise body.error

    async def _keep(self, *, last: bool) -> None:
        piece = bytes(self._buffer)
        parsed = await PARSING.parse(self._order, self._position, piece, last=last)
        before = self._position.offset
        endless = parsed.position.lines > MOST_LINES
        if last or parsed.position.offset > before:
            await self._store(before, parsed, complete=last and not (parsed.full or endless))
        self._position = parsed.position
        self._order = self._order.after(parsed)
        del self._buffer[: parsed.used]
        if found := len(parsed.rows) + parsed.refused:
            enough = parsed.used * ROWS_AT_ONCE // found
            self._enough = max(FEWEST_BYTES, min(enough, MOST_BYTES_AT_ONCE))
        if parsed.full:
            raise too_large("rows", MOST_ROWS)
        if endless:
            raise too_large("lines", MOST_LINES)

    async def _store(self, before: int, parsed: Parsed, *, complete: bool) -> None:
        try:
            async with self._begin() as session:
                await audiences.store(session, self._id, before, parsed, self._by)
                if complete:
                    await audiences.complete(session, self._id, parsed.position.offset)
        except Exception as error:
            if not is_away(error):
                raise
            raise Unavailable(
                "the database does not answer; what was stored is kept: `offset` says how much",
                retry_after_seconds=2,
                reason="database_unavailable",
            ) from None


async def upload(request: Request, begin: Begin, asked: Upload) -> Row:
    """The audience afterwards. The body is not read before it is known to be in its place."""
    async with begin() as session:
        row = await audiences.get(session, asked.application_id, asked.id)
    with _alone(asked.id), PLACES.taken(uploader(request)):
        audiences.check_upload(row, asked.offset)
        room = MOST_BYTES - asked.offset
        _check_headers(request, room)
        body = Body(request, room, MOST_BYTES)
        await Intake(begin, row, asked.by).take(body, complete=asked.complete)
    async with begin() as session:
        return await audiences.get(session, asked.application_id, asked.id)


@contextmanager
def _alone(id: UUID) -> Iterator[None]:
    if id in _under_way:
        raise audiences.in_flight()
    _under_way.add(id)
    try:
        yield
    finally:
        _under_way.discard(id)


def _check_headers(request: Request, room: int) -> None:
    check_encoding(request)
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > room:
        raise too_large("bytes", MOST_BYTES)
