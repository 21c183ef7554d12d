"""Cursor pages: what every list takes and gives.

A cursor is a position in one list of one application with one set of filters, signed; `limit` may
change on the way.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, TypeVar

import orjson
from fastapi import Depends, Query, Request

from models.errors import BadRequest

PURPOSE = b"tidings cursor"
LIST_BYTES, SIGNATURE_BYTES = 8, 16
MOST, USUAL = 100, 20
LONGEST = 2_000  # characters of a cursor: a name in it may have 100 of four bytes each

Row = TypeVar("Row")
After = Annotated[
    str | None, Query(max_length=LONGEST, description="`next` of the page before; same filters")
]
Limit = Annotated[int, Query(ge=1, le=MOST, description="items of a page at most")]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is asked for. `after`: the position it begins behind, None for the first."""

    after: tuple[str, ...] | None
    limit: int
    key: bytes
    list_of: bytes

    @property
    def fetch(self) -> int:
        """How many rows to read: one more tells whether another page follows."""
        return self.limit + 1

    def cut(
        self, rows: Sequence[Row], position: Callable[[Row], Sequence[str]]
    ) -> tuple[Sequence[Row], str | None]:
        """The page's rows, and the cursor of the next page if there is one."""
        items = rows[: self.limit]
        more = len(rows) > self.limit
        return items, self.cursor(position(items[-1])) if more else None

    def cursor(self, position: Sequence[str]) -> str:
        """The cursor behind this position."""
        said = self.list_of + orjson.dumps(list(position))
        return urlsafe_b64encode(_signature(self.key, said) + said).decode().rstrip("=")


def _signature(key: bytes, said: bytes) -> bytes:
    return hmac.digest(key, said, sha256)[:SIGNATURE_BYTES]


def _position(cursor: str, key: bytes, list_of: bytes) -> tuple[str, ...]:
    try:
        plain = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        plain = b""
    signature, said = plain[:SIGNATURE_BYTES], plain[SIGNATURE_BYTES:]
    if not said or not hmac.compare_digest(signature, _signature(key, said)):
        detail = "not a cursor of ours: pass `next` of the page before unchanged"
        raise BadRequest(detail, field="after", reason="invalid_cursor")
    if said[:LIST_BYTES] != list_of:
        detail = "the cursor belongs to another list or other filters: begin again without it"
        raise BadRequest(detail, field="after", reason="cursor_of_other_filters")
    return tuple(orjson.loads(said[LIST_BYTES:]))


async def _page(request: Request, after: After = None, limit: Limit = USUAL) -> PageRequest:
    ring: str = request.app.state.secret_keys
    first = ring.split(",")[0].partition(":")[2]
    key = hmac.digest(first.encode(), PURPOSE, sha256)
    filters = sorted(
        pair for pair in request.query_params.multi_items() if pair[0] not in ("after", "limit")
    )
    caller = getattr(request.state, "caller", None)  # the console's lists have none
    whose = str(caller.application_id) if caller else ""
    list_of = sha256(orjson.dumps([whose, request.url.path, filters])).digest()[:LIST_BYTES]
    position = None if after is None else _position(after, key, list_of)
    return PageRequest(position, limit, key, list_of)


Page = Annotated[PageRequest, Depends(_page)]
