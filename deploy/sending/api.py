"""The API as `tidings send` calls it. Every call may be made again: each has one key, or is a GET.

So whatever is not an answer (no connection, silence, a 5xx) is asked again until patience ends.
"""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from deploy.sending.refusals import CannotRead, KeyRefused, Unreachable
from deploy.sending.target import Target

TIMEOUT = httpx.Timeout(60, connect=5)
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
LONGEST_ASKED_SECONDS = 60.0
BUSY = frozenset({429, 500, 502, 503, 504})
REFUSED = frozenset({400, 413, 422})  # this body, as a whole


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said: `problem` if it refused the body as a whole."""

    body: dict[str, Any]
    replayed: bool = False
    problem: bool = False


class Api:
    """Calls with patience; `say` tells a person why it takes longer."""

    def __init__(self, target: Target, retry_for_seconds: float, say: Callable[[str], None]):
        self._url = target.url
        self._retry_for = retry_for_seconds
        self._say = say
        self._told = False
        local = urlsplit(target.url).hostname in ("127.0.0.1", "::1", "localhost")
        self._http = httpx.AsyncClient(
            base_url=target.url,
            headers={"Authorization": f"Bearer {target.key}", "User-Agent": "tidings-send"},
            timeout=TIMEOUT,
            trust_env=not local,  # a proxy has no way to this machine
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, body: bytes, key: str) -> Answer:
        """Post a batch under its key."""
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        return await self._ask("POST", "/v1/notifications/batch", content=body, headers=headers)

    async def read(self, id: str) -> dict[str, Any]:
        """A notification, with its messages and its timeline."""
        return (await self._ask("GET", f"/v1/notifications/{id}")).body

    async def _ask(self, method: str, path: str, **request: Any) -> Answer:
        until = time.monotonic() + self._retry_for
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                response = await self._http.request(method, path, **request)
            except httpx.TransportError as error:
                trouble, asked = f"does not answer ({type(error).__name__})", 0.0
            else:
                if not _is_busy(response):
                    return self._answer(response)
                trouble, asked = f"answered {response.status_code}", _retry_after(response)
            wait = max(asked, pause * random.uniform(0.5, 1))
            if time.monotonic() + wait > until:
                raise Unreachable(f"the API at {self._url} {trouble}")
            self._tell(trouble)
            await asyncio.sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _tell(self, trouble: str) -> None:
        if not self._told:
            self._told = True
            self._say(f"the API at {self._url} {trouble}; asking again for {self._retry_for:.0f} s")

    def _answer(self, response: httpx.Response) -> Answer:
        self._told = False
        body = _object(response)
        if response.is_success and body:
            return Answer(body, replayed=response.headers.get("Idempotency-Replayed") == "true")
        if response.status_code in (401, 403):
            detail = body.get("detail") or "it says nothing more"
            raise KeyRefused(f"the API refuses the key: {detail}")
        if response.status_code in REFUSED and "code" in body:
            return Answer(body, problem=True)
        raise CannotRead(
            f"{self._url} answered {response.status_code}: is it the address of a Tidings API?"
        )


def _is_busy(response: httpx.Response) -> bool:
    in_flight = response.status_code == 409 and _object(response).get("code") == "in_flight"
    return in_flight or response.status_code in BUSY


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after(response: httpx.Response) -> float:
    asked = response.headers.get("Retry-After", "")
    return min(float(asked), LONGEST_ASKED_SECONDS) if asked.isdecimal() else 0.0
