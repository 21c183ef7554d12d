"""HTTP as uvicorn reads it, with bounds on what comes before a body and on how long that takes.

httptools keeps a head for as long as it grows, and uvicorn waits for its end for ever: without a
key, a few connections could take all the memory or all the descriptors.
"""

from asyncio import TimerHandle, Transport
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.errors import problem_body

MOST_BYTES = 64 * 1024  # of a request's line and headers, or of what trails a body in chunks
HEAD_SECONDS = 30.0  # from a request's first byte, or the connection's first moment


class BoundedHttp(HttpToolsProtocol):
    """Counts what has arrived and is still kept by the parser: neither a whole head nor a body."""

    _kept = 0
    _timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """The first request is expected in time too."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is expected."""
        self._expect(nothing=True)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """What is too much is refused at once, unread."""
        self._kept += len(data)
        super().data_received(data)
        if self._kept > MOST_BYTES and not self.transport.is_closing():
            self._refuse()

    def on_message_begin(self) -> None:
        """A head has begun."""
        super().on_message_begin()
        self._expect()

    def on_headers_complete(self) -> None:
        """It came in time; a long one may have come at once, with its body."""
        if self._kept > MOST_BYTES and self._head_bytes() > MOST_BYTES:
            self._refuse()
            raise ValueError  # the parser stops
        self._kept = 0
        self._expect(nothing=True)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Routes have their own bounds."""
        self._kept = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The next may begin."""
        self._kept = 0
        super().on_message_complete()

    def _expect(self, *, nothing: bool = False) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None if nothing else self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP gets a problem as all others do. `msg` is uvicorn's."""
        if not self.transport.is_closing():
            self._answer(problem_body(400, "invalid_http", "this is no HTTP/1.1 request"))

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _refuse(self) -> None:
        detail = f"the request's line and headers have more than {MOST_BYTES} bytes"
        self._answer(problem_body(431, "headers_too_large", detail, limit=MOST_BYTES))

    def _answer(self, problem: dict[str, Any]) -> None:
        """The last on this connection; nothing, where an answer is under way."""
        if self.cycle is None or self.cycle.response_complete:
            body = orjson.dumps(problem)
            head = b"content-type: application/problem+json\r\nconnection: close\r\n"
            length = b"content-length: %d\r\n\r\n" % len(body)
            self.transport.write(STATUS_LINE[problem["status"]] + head + length + body)
        self.transport.close()
