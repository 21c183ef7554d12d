"""One call from its first try to its answer: what is asked again, when, and what an answer means.

What may be asked again: a call that surely did not arrive (no connection, 429), and any call that
is repeatable, by its method or by its Idempotency-Key, whatever became of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from api.sdk.patience import Patience, Waiting
from api.sdk.problems import NotTidings, TidingsError, Unreachable, problem
from api.sdk.request import Reply, Request
from api.sdk.steps import Open, Send, Sleep, Steps

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
RATE_LIMITED = 429
BUSY = frozenset({500, 502, 503, 504})
Outcome = httpx.Response | httpx.TransportError


@dataclass(frozen=True, slots=True)
class Trouble:
    """No answer, for now."""

    words: str
    error: TidingsError
    again: bool
    asked_seconds: float = 0.0


class Core:
    """The logic that all calls share."""

    def __init__(self, url: str, patience: Patience) -> None:
        self.url = url
        self.patience = patience

    def exchange(self, request: Request, waiting: Waiting | None = None) -> Steps[Reply]:
        """Its answer; asked again while patience lasts, or what is left of it."""
        waiting = waiting or Waiting(self.patience)
        response = yield from self._response(request, Send, waiting)
        return self._reply(response)

    def opened(self, request: Request) -> Steps[None]:
        """A stream of lines; asked again until it is open, not after it."""
        response = yield from self._response(request, Open, Waiting(self.patience))
        if not response.is_success:
            self._reply(response)

    def once(self, request: Request) -> Steps[Reply | Trouble]:
        """Its answer or its trouble, asked once: for who knows better how to go on."""
        outcome: Outcome = yield Send(request)
        return self._trouble(request, outcome) or self._reply(_response(outcome))

    def lost(self, error: httpx.TransportError, *, may_have_arrived: bool) -> Unreachable:
        """The error that says it."""
        words = f"the API at {self.url} does not answer ({type(error).__name__})"
        return Unreachable(words, may_have_arrived=may_have_arrived)

    def _response(
        self, request: Request, step: type[Send] | type[Open], waiting: Waiting
    ) -> Steps[httpx.Response]:
        while True:
            outcome: Outcome = yield step(request)
            trouble = self._trouble(request, outcome)
            if trouble is None:
                return _response(outcome)
            pause = waiting.pause(trouble.words, trouble.asked_seconds) if trouble.again else None
            if pause is None:
                raise trouble.error
            yield Sleep(pause)

    def _trouble(self, request: Request, outcome: Outcome) -> Trouble | None:
        if isinstance(outcome, httpx.TransportError):
            arrived = not isinstance(outcome, NOT_SENT)
            error = self.lost(outcome, may_have_arrived=arrived and request.method != "GET")
            words = f"does not answer ({type(outcome).__name__})"
            again = _replayable(request) and (request.repeatable or not arrived)
            return Trouble(words, error, again)
        status, body = outcome.status_code, _object(outcome)
        in_flight = status == 409 and body.get("code") == "in_flight"
        if not (in_flight or status == RATE_LIMITED or status in BUSY):
            return None
        asked = _retry_after(outcome)
        again = _replayable(request) and (request.repeatable or status == RATE_LIMITED)
        return Trouble(f"answered {status}", problem(status, body, asked), again, asked)

    def _reply(self, response: httpx.Response) -> Reply:
        status, body = response.status_code, _object(response)
        if response.is_success and (body or not response.content):
            return Reply(status, response.headers, body or None)
        if not response.is_success and body.get("code"):
            raise problem(status, body, _retry_after(response))
        words = f"{self.url} answered {status}: is it the address of a Tidings API?"
        raise NotTidings(words, status)


def _replayable(request: Request) -> bool:
    """Is its content still there after it was sent?"""
    return request.content is None or isinstance(request.content, bytes)


def _response(outcome: Outcome) -> httpx.Response:
    if isinstance(outcome, httpx.TransportError):
        raise outcome
    return outcome


def _object(response: httpx.Response) -> Mapping[str, Any]:
    if not response.is_closed:
        return {}
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after(response: httpx.Response) -> float:
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isdecimal() else 0.0
