"""Streams of server-sent events: so many at once in a process, and of one caller so many of them.

Counted by key, and by application: keys can be made by keys. By each process by itself, as rates.
"""

from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

from models.errors import RateLimited, Unavailable
from models.repositories.api_keys import Caller

MOST, MOST_OF_APPLICATION, MOST_OF_KEY = 200, 100, 20
PING_SECONDS, ASK_AGAIN_SECONDS = 15, 5


class Streams:
    """How many are under way, and whose."""

    def __init__(self) -> None:
        self.under_way = 0
        self._of: Counter[UUID] = Counter()

    def begin(self, caller: Caller) -> None:
        """One more: RateLimited if the caller has too many, Unavailable if all together are."""
        self._check("key", caller.key_id, MOST_OF_KEY)
        self._check("application", caller.application_id, MOST_OF_APPLICATION)
        if self.under_way >= MOST:
            raise Unavailable(
                "too many streams at once",
                limit=MOST,
                retry_after_seconds=ASK_AGAIN_SECONDS,
                reason="busy",
            )
        self.under_way += 1
        self._of.update((caller.key_id, caller.application_id))

    def end(self, caller: Caller) -> None:
        """One less."""
        self.under_way -= 1
        self._of.subtract((caller.key_id, caller.application_id))
        self._of += Counter()  # who has none is not kept

    def _check(self, whose: str, id: UUID, most: int) -> None:
        if self._of[id] >= most:
            raise RateLimited(
                f"the {whose} has {most} streams already",
                field="Authorization",
                limit=most,
                retry_after_seconds=ASK_AGAIN_SECONDS,
                reason="too_many_streams",
            )


class Stream(EventSourceResponse):
    """Events for the caller of this request, whose place is taken from its first byte to its last.

    Not before: whoever went away between the route and its answer would keep a place for ever.
    """

    def __init__(self, request: Request, events: AsyncIterator[ServerSentEvent]) -> None:
        super().__init__(events, ping=PING_SECONDS)
        self._streams: Streams = request.app.state.streams
        self._caller: Caller = request.state.caller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A problem instead, if there is no place."""
        self._streams.begin(self._caller)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.end(self._caller)
