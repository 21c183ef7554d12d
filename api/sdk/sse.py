"""Server-sent events, from lines."""

import json
from dataclasses import replace
from typing import Any

import httpx

from api.sdk.core import Core
from api.sdk.patience import Waiting
from api.sdk.request import Request
from api.sdk.steps import Feed, Give, NextLine, Sleep

LAST = "Last-Event-ID"


class Parser:
    """Lines in, events out; comments and events of other names are left out."""

    def __init__(self, event: str) -> None:
        self.last_id = ""
        self._event = event
        self._name, self._data, self._id = "", "", ""

    def feed(self, line: str) -> Any | None:
        """What the event says, if this line ends one."""
        if not line:
            ended = self._data if self._name == self._event else ""
            self.last_id = self._id
            self._clear()
            return json.loads(ended) if ended else None
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data += value
        elif field == "id":
            self._id = value
        return None

    def begin_again(self) -> None:
        """On another connection: half an event is none."""
        self._clear()

    def _clear(self) -> None:
        self._name, self._data, self._id = "", "", self.last_id


def events(core: Core, request: Request, event: str, *, resumes: bool) -> Feed[Any]:
    """Each event of this name; where the stream breaks off, behind the last one, or Unreachable."""
    parser, waiting = Parser(event), Waiting(core.patience)
    headers = {**request.headers, "Accept": "text/event-stream"}
    while True:
        behind = {LAST: parser.last_id} if parser.last_id else {}
        yield from core.opened(replace(request, headers={**headers, **behind}))
        parser.begin_again()
        while isinstance(line := (yield NextLine()), str):
            if (said := parser.feed(line)) is not None:
                waiting = Waiting(core.patience)
                yield Give(said)
        if line is None:
            return
        error: httpx.TransportError = line
        pause = waiting.pause(f"broke off ({type(error).__name__})", 0) if resumes else None
        if pause is None:
            raise core.lost(error, may_have_arrived=False)
        yield Sleep(pause)
