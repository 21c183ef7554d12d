"""The API as `tidings audiences` calls it, with patience: what got no answer is asked again.

A part of an upload is never sent again as it was: the API may have stored some of it, so it is
asked for the offset first.
"""

import random
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import httpx
from uuid_utils.compat import uuid7

from deploy.sending.refusals import CannotRead, KeyRefused, SendStopped, Unreachable
from deploy.sending.target import Target

TIMEOUT = httpx.Timeout(120, connect=5)
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
BUSY = frozenset({429, 500, 502, 503, 504})
# An earlier attempt was stored, though its answer was lost: what is there says how far.
STORED = frozenset({"upload_offset", "audience_complete", "cut_off"})
PATH = "/v1/audiences"

View = dict[str, Any]


class UploadRefused(SendStopped):
    """The API does not take this file."""


class AudienceClient:
    """Calls; `say` tells a person why it takes longer."""

    def __init__(self, target: Target, retry_for_seconds: float, say: Callable[[str], None]):
        self._url = target.url
        self._retry_for = retry_for_seconds
        self._say = say
        self._silent_since: float | None = None
        self._pause = FIRST_PAUSE_SECONDS
        local = urlsplit(target.url).hostname in ("127.0.0.1", "::1", "localhost")
        self._http = httpx.Client(
            base_url=target.url,
            headers={"Authorization": f"Bearer {target.key}", "User-Agent": "tidings-audiences"},
            timeout=TIMEOUT,
            trust_env=not local,  # a proxy has no way to this machine
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def create(self, channel: str, format: str, name: str) -> View:
        """A new audience."""
        body = {"channel": channel, "format": format, "name": name}
        headers = {"Idempotency-Key": str(uuid7())}
        return self._ask("POST", PATH, json=body, headers=headers)

    def show(self, id: str) -> View:
        """The audience."""
        return self._ask("GET", f"{PATH}/{id}")

    def refusals(self, id: str, after: int) -> View:
        """A page of its refusals."""
        params = {"after": after, "limit": 1000}
        return self._ask("GET", f"{PATH}/{id}/refusals", params=params)

    def put(
        self, id: str, offset: int, size: int, part: Iterable[bytes], *, complete: bool
    ) -> View:
        """The audience after this part, or as it is when nothing is known of it."""
        headers = {
            "Upload-Offset": str(offset),
            "Upload-Complete": "?1" if complete else "?0",
            "Content-Length": str(size),
        }
        answer = self._once("PUT", f"{PATH}/{id}/content", content=part, headers=headers)
        return self.show(id) if answer is None else answer

    def _ask(self, method: str, path: str, **request: Any) -> View:
        while True:
            if (answer := self._once(method, path, **request)) is not None:
                return answer

    def _once(self, method: str, path: str, **request: Any) -> View | None:
        """The answer; None after a pause, if there was none."""
        try:
            response = self._http.request(method, path, **request)
        except httpx.TransportError as error:
            self._wait(f"does not answer ({type(error).__name__})")
            return None
        body = _object(response)
        if body.get("code") in STORED:
            return None
        if response.status_code in BUSY or body.get("code") == "in_flight":
            self._wait(f"answered {response.status_code}")
            return None
        if method != "GET":  # a part that is never taken is no progress, whatever can be read
            self._silent_since, self._pause = None, FIRST_PAUSE_SECONDS
        if response.is_success and body:
            return body
        raise self._refused(response.status_code, body)

    def _wait(self, trouble: str) -> None:
        now = time.monotonic()
        if self._silent_since is None:
            self._silent_since = now
            self._say(f"the API at {self._url} {trouble}; asking again for {self._retry_for:.0f} s")
        wait = self._pause * random.uniform(0.5, 1)
        if now + wait > self._silent_since + self._retry_for:
            raise Unreachable(f"the API at {self._url} {trouble}")
        time.sleep(wait)
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)

    def _refused(self, status: int, body: View) -> SendStopped:
        detail = body.get("detail") or "it says nothing more"
        if status in (401, 403):
            return KeyRefused(f"the API refuses the key: {detail}")
        if "code" in body:
            return UploadRefused(f"{detail} ({body['code']})")
        return CannotRead(f"{self._url} answered {status}: is it the address of a Tidings API?")


def _object(response: httpx.Response) -> View:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
