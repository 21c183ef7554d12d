"""Server-sent events, from lines."""

import json
from dataclasses import replace
from typing import Any

import httpx

from api.sdk.core import Core
from api.sdk.request import Request
from api.sdk.steps import Feed, Give, NextLine


class Parser:
    """Lines in, events out; comments and events of other names are left out."""

    def __init__(self, event: str) -> None:
        self._event = event
        self._name, self._data = "", ""

    def feed(self, line: str) -> Any | None:
        """What the event says, if this line ends one."""
        if not line:
            ended = self._data if self._name == self._event else ""
            self._name, self._data = "", ""
            return json.loads(ended) if ended else None
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data += value
        return None


def events(core: Core, request: Request, event: str, silence_seconds: float) -> Feed[Any]:
    """Each event of this name; Unreachable where the stream breaks off."""
    headers = {**request.headers, "Accept": "text/event-stream"}
    yield from core.opened(replace(request, headers=headers, silence_seconds=silence_seconds))
    parser = Parser(event)
    while True:
        line: str | httpx.TransportError | None = yield NextLine()
        if isinstance(line, httpx.TransportError):
            raise core.lost(line, may_have_arrived=False)
        if line is None:
            return
        if (said := parser.feed(line)) is not None:
            yield Give(said)
