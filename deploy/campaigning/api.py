"""The API as `tidings campaigns` calls it: one call a command, and its problem in one line.

Nothing is asked again by itself: a move that may have been made is not made twice. `watch` only
reads, and does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from deploy.sending.account import printable
from deploy.sending.refusals import CannotRead, KeyRefused, SendStopped, Unreachable
from deploy.sending.target import Target

TIMEOUT = httpx.Timeout(60, connect=5)
BETWEEN_EVENTS = httpx.Timeout(40, connect=5)  # the stream says something every 15 seconds
OWN = "own_campaign"


class Refused(SendStopped):
    """The API does not do that: what it says, and the code that a script goes by."""

    exit_code: ClassVar[int] = 1


class Api:
    """Calls with one key; errors are `SendStopped`, with their exit codes."""

    def __init__(self, target: Target, transport: httpx.BaseTransport | None = None) -> None:
        self._url = target.url
        local = urlsplit(target.url).hostname in ("127.0.0.1", "::1", "localhost")
        self._http = httpx.Client(
            base_url=target.url,
            headers={"Authorization": f"Bearer {target.key}", "User-Agent": "tidings-campaigns"},
            timeout=TIMEOUT,
            trust_env=not local,  # a proxy has no way to this machine
            transport=transport,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def campaign(self, id: UUID) -> dict[str, Any]:
        """The campaign as it is now."""
        return self.ask("GET", f"/v1/campaigns/{id}")

    def move(self, id: UUID, what: str, **body: Any) -> dict[str, Any]:
        """POST to one of a campaign's own paths."""
        more = {"json": body} if body else {}
        return self.ask("POST", f"/v1/campaigns/{id}/{what}", **more)

    def ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """The object that answers."""
        with self._told():
            response = self._http.request(method, path, **request)
        return self._answer(response)

    @contextmanager
    def lines(self, path: str) -> Iterator[Iterator[str]]:
        """The lines of a stream of events; Unreachable where it breaks off."""
        accept = {"Accept": "text/event-stream"}
        with (
            self._told(),
            self._http.stream("GET", path, headers=accept, timeout=BETWEEN_EVENTS) as response,
        ):
            if not response.is_success:
                response.read()
                self._answer(response)
            yield response.iter_lines()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except httpx.TransportError as error:
            detail = f"the API at {self._url} does not answer ({type(error).__name__})"
            raise Unreachable(detail) from None

    def _answer(self, response: httpx.Response) -> dict[str, Any]:
        body = _object(response)
        if response.is_success and body:
            return body
        status, code, detail = response.status_code, body.get("code"), _sentence(body)
        if status in (401, 403) and code != OWN:
            raise KeyRefused(f"the API refuses the key: {detail or 'it says nothing more'}")
        if code and (status < 500):
            raise Refused(detail)
        if status == 429 or status >= 500:
            raise Unreachable(f"the API at {self._url} answered {status}{detail and f': {detail}'}")
        raise CannotRead(f"{self._url} answered {status}: is it the address of a Tidings API?")


def _sentence(body: dict[str, Any]) -> str:
    field, detail, code = (str(body.get(n, "")) for n in ("field", "detail", "code"))
    words = f"{field}: {detail}" if field and detail else detail or field
    return printable(f"{words} ({code})" if words and code else words or code)


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
