"""NDJSON in bulk: lines are parsed and stored in blocks while the next ones arrive.

Each block is a short transaction of its own, and a bad line is refused by itself. Whatever ends
the upload, what was stored is kept; to send the same again changes nothing.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request

from api.places import uploader, uploads
from api.upload_body import Body, check_encoding, too_large
from api.upload_parsing import PARSING
from models.database import is_away
from models.errors import Unavailable, UnsupportedMediaType
from models.person_fields import Refusal
from models.upload_formats import Row
from models.upload_lines import Kind, Order, Parsed, Position

MOST_LINES = 100_000
MOST_WITH_BLANK = 2 * MOST_LINES  # which are nothing, but take time
MOST_BYTES = 2**28
MOST_REFUSALS = 10_000  # shown; all are counted
BLOCK_BYTES = 64 * 1024
PLACES = uploads(most=16, most_of_one=4)
NDJSON = "application/x-ndjson"
NDJSON_TYPE = re.compile(r"application/(x-)?(ndjson|jsonl|jsonlines) *(;.*)?", re.IGNORECASE)

# Stores a block; what it refuses in turn.
Keep = Callable[[Sequence[Any]], Awaitable[Sequence[Refusal]]]


@dataclass(slots=True)
class Taken:
    """How many lines there were that are not blank, and which were refused."""

    lines: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, refusals: Sequence[Refusal], count: int) -> None:
        """Count them, and keep as many as are shown."""
        self.refused += count
        self.refusals += refusals[: MOST_REFUSALS - len(self.refusals)]


class NdjsonIntake:
    """Takes the body of one request."""

    def __init__(self, kind: Kind, keep: Keep) -> None:
        self.taken = Taken()
        self._keep = keep
        self._order = Order("ndjson", MOST_LINES, MOST_REFUSALS, kind)
        self._position = Position()
        self._buffer = bytearray()

    async def take(self, request: Request) -> Taken:
        """Store all of it. The errors say that it is no NDJSON, or ended early, or is too long."""
        check_encoding(request)
        if not NDJSON_TYPE.fullmatch(request.headers.get("content-type", "")):
            raise UnsupportedMediaType(
                "the body must be NDJSON", field="Content-Type", limit=NDJSON
            )
        body = Body(request, MOST_BYTES, MOST_BYTES)
        with PLACES.taken(uploader(request)):
            async for chunk in body.chunks():
                self._buffer += chunk
                if len(self._buffer) >= BLOCK_BYTES:
                    await self._block(last=False)
            await self._block(last=not body.error)
        if body.error:
            raise body.error
        return self.taken

    async def _block(self, *, last: bool) -> None:
        parsed = await PARSING.parse(self._order, self._position, bytes(self._buffer), last=last)
        self._position = parsed.position
        self._order = self._order.after(parsed)
        del self._buffer[: parsed.used]
        self.taken.lines += len(parsed.rows) + parsed.refused
        self.taken.refuse(parsed.refusals, parsed.refused)
        if parsed.rows:
            refusals = await self._stored(parsed)
            self.taken.refuse(refusals, len(refusals))
        if parsed.full or self.taken.lines > MOST_LINES:
            raise too_large("lines", MOST_LINES)
        if parsed.position.lines > MOST_WITH_BLANK:
            raise too_large("lines", MOST_WITH_BLANK)

    async def _stored(self, parsed: Parsed) -> Sequence[Refusal]:
        rows: list[Row] = parsed.rows
        try:
            return await self._keep(rows)
        except Exception as error:
            if not is_away(error):
                raise
            raise Unavailable(
                "the database does not answer; what was stored is kept: send the same again",
                retry_after_seconds=2,
                reason="database_unavailable",
            ) from None
