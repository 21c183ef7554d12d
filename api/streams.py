"""Streams of server-sent events: so many at once in a process, and of one key so many of them.

Like its rate, what a key may hold is counted by each process by itself.
"""

from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

from models.errors import RateLimited, Unavailable

MOST, MOST_OF_KEY = 200, 20
PING_SECONDS, ASK_AGAIN_SECONDS = 15, 5


class Streams:
    """How many are under way, and whose."""

    def __init__(self) -> None:
        self._of: Counter[UUID] = Counter()

    @property
    def under_way(self) -> int:
        """All of them."""
        return self._of.total()

    def begin(self, key_id: UUID) -> None:
        """One more: RateLimited if the key has too many, Unavailable if all together are."""
        if self._of[key_id] >= MOST_OF_KEY:
            raise RateLimited(
                f"the key has {MOST_OF_KEY} streams already",
                field="Authorization",
                limit=MOST_OF_KEY,
                retry_after_seconds=ASK_AGAIN_SECONDS,
                reason="too_many_streams",
            )
        if self.under_way >= MOST:
            raise Unavailable(
                "too many streams at once",
                limit=MOST,
                retry_after_seconds=ASK_AGAIN_SECONDS,
                reason="busy",
            )
        self._of[key_id] += 1

    def end(self, key_id: UUID) -> None:
        """One less."""
        self._of[key_id] -= 1
        self._of += Counter()  # who has none is not kept


class Stream(EventSourceResponse):
    """Events for the caller of this request, whose place is taken from its first byte to its last.

    Not before: whoever went away between the route and its answer would keep a place for ever.
    """

    def __init__(self, request: Request, events: AsyncIterator[ServerSentEvent]) -> None:
        super().__init__(events, ping=PING_SECONDS)
        self._streams: Streams = request.app.state.streams
        self._key_id: UUID = request.state.caller.key_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A problem instead, if there is no place."""
        self._streams.begin(self._key_id)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.end(self._key_id)
