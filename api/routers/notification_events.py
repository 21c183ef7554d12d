"""A notification's timeline as server-sent events: what was, then what comes, until it has ended.

Between two looks no connection to PostgreSQL is held.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from sqlalchemy import RowMapping as Row
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.deps import Reader, is_still_known
from api.json_route import JsonRoute
from api.streams import Stream
from api.views import EventView
from models.errors import BadRequest
from models.repositories import notifications
from models.sessions import Sessions

router = APIRouter(
    prefix="/v1/notifications/{notification_id}", tags=["notifications"], route_class=JsonRoute
)

SOONEST_SECONDS, LATEST_SECONDS = 0.5, 5.0  # between looks: doubled while nothing happens
PATTERN = r"^\d{1,18}-\d{1,6}$"

ANSWERS: dict[int | str, Any] = {
    200: {
        "description": "Events named `timeline`, each an EventView as JSON.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    204: {"description": "It has ended, and nothing came since `Last-Event-ID`."},
}

LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        max_length=30,
        pattern=PATTERN,
        examples=["4711-3"],
        description="`id` of the last event that arrived: the stream goes on behind it",
    ),
]


class Timeline:
    """One notification's events, each once; those that were late are not passed over."""

    def __init__(self, sessions: Sessions, application_id: UUID, id: UUID) -> None:
        self._sessions = sessions
        self._of = application_id, id
        self._sent: set[int] = set()
        self.ended = False

    async def look(self, last: str | None = None) -> list[ServerSentEvent]:
        """What has come since; `last`: what the caller has already, from another stream."""
        async with self._sessions.singly() as session:
            row = await notifications.get(session, *self._of)
            events = await notifications.events(session, row)
        if last:
            self._sent = _had(events, last)
        self.ended = row["ended_at"] is not None
        return [self._event(event) for event in events if event["id"] not in self._sent]

    def _event(self, event: Row) -> ServerSentEvent:
        self._sent.add(event["id"])
        view = EventView(**{name: event[name] for name in EventView.model_fields})
        id = f"{max(self._sent)}-{len(self._sent)}"
        return ServerSentEvent(view.model_dump_json(), event="timeline", id=id)


def _had(events: Sequence[Row], last: str) -> set[int]:
    """An event's number is older than its commit: if one came late, all are sent once more."""
    number, count = (int(part) for part in last.split("-"))
    had = {event["id"] for event in events if event["id"] <= number}
    return had if len(had) == count else set()


@router.get(
    "/events",
    response_class=EventSourceResponse,
    responses=ANSWERS,
)
async def stream_events(
    notification_id: UUID, caller: Reader, request: Request, last_event_id: LastEventId = None
) -> Response:
    """The timeline as server-sent events named `timeline`, until the notification has ended.

    `Last-Event-ID` resumes. An event may come twice, with the same content; none is left out.
    """
    if len(request.headers.getlist("Last-Event-ID")) > 1:
        raise BadRequest("sent more than once", field="Last-Event-ID")
    timeline = Timeline(request.app.state.reading, caller.application_id, notification_id)
    first = await timeline.look(last_event_id)  # NotFound is an answer, not an event
    if timeline.ended and not first:
        return Response(status_code=204)

    async def events() -> AsyncIterator[ServerSentEvent]:
        for event in first:
            yield event
        wait = SOONEST_SECONDS
        while not timeline.ended:
            await asyncio.sleep(wait)
            if not await is_still_known(request):
                return
            found = await timeline.look()
            for event in found:
                yield event
            wait = SOONEST_SECONDS if found else min(wait * 2, LATEST_SECONDS)

    return Stream(request, events())
