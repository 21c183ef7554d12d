"""Streams of server-sent events, each of which has one of its process's places."""

from collections.abc import AsyncIterator

from fastapi import Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

from api.places import Places, Whose
from models.repositories.api_keys import Caller

MOST, MOST_OF_APPLICATION, MOST_OF_KEY = 200, 100, 20
PING_SECONDS = 15


def places() -> Places:
    """Those of one process."""
    return Places("streams", MOST, {"key": MOST_OF_KEY, "application": MOST_OF_APPLICATION})


def whose(caller: Caller) -> Whose:
    """By the application too: keys can be made by keys."""
    return {"key": caller.key_id, "application": caller.application_id}


class Stream(EventSourceResponse):
    """Events for the caller of this request, whose place is taken from its first byte to its last.

    Not before: whoever went away between the route and its answer would keep a place for ever.
    """

    def __init__(self, request: Request, events: AsyncIterator[ServerSentEvent]) -> None:
        super().__init__(events, ping=PING_SECONDS)
        self._places: Places = request.app.state.streams
        self._whose = whose(request.state.caller)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A problem instead, if there is no place."""
        with self._places.taken(self._whose):
            await super().__call__(scope, receive, send)
