"""A vendor that speaks HTTP: the I/O is here, once; vendors only write pure methods.

The rule a newcomer would break: after bytes may have left, an error is never "not sent".
"""

import asyncio
import logging
import ssl
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, cast

import httpx
from aiohttp import (
    ClientConnectionError,
    ClientConnectorError,
    ClientSession,
    ClientSSLError,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp import ConnectionTimeoutError as NeverConnected
from httpx_aiohttp import AiohttpTransport
from pydantic import BaseModel

from activities.http_statuses import body_text, from_status, refused
from activities.vendor import Vendor
from activities.vendor_words import Words, words_of
from models.errors import TidingsError
from models.messages import Message, Outcome, Scope, Verdict

CONNECTIONS = 100
IDLE_SECONDS = 15
ANSWER_BYTES = 64 * 1024  # what is read of an answer; the rest is left, with its connection
# httpx-aiohttp 0.2 reports a disconnect after the body as httpx.ConnectTimeout: only the
# cause tells it from a connection that was never made.
NOT_SENT = (ClientConnectorError, NeverConnected)
# The answer is built anew from a body already decoded and cut.
FRAMING = (b"content-encoding", b"content-length", b"transfer-encoding")

# httpx logs each request's URL at INFO, and some URLs hold tokens.
logging.getLogger("httpx").setLevel(logging.WARNING)


class HttpVendor(Vendor):
    """`send` asks for a `request`, makes the call, and has its answer read."""

    config: BaseModel
    transport: httpx.AsyncBaseTransport
    # Whom a peer that cannot be reached, or takes nothing, is held against: RECIPIENT where each
    # of them has a host of its own, or one of them could close the account of all.
    peer: ClassVar[Scope] = Scope.ACCOUNT
    # Where the status alone is the answer, the body of a 2xx is not waited for.
    reads_acceptances: ClassVar[bool] = True

    def __init__(self, config: Any) -> None:
        self.config = config
        always = {"Accept-Encoding": "identity", "User-Agent": "Tidings", **self.headers()}
        self._headers = httpx.Headers(always)
        credentials = [word for value in self.headers().values() for word in value.split()[-1:]]
        self.words = Words(self.config, *credentials)

    def headers(self) -> Mapping[str, str]:
        """What every call of the account carries: its credentials, kept out of all outcomes."""
        return {}

    @abstractmethod
    def request(self, batch: Sequence[Message]) -> httpx.Request:
        """The one call that sends this batch. An error here means that nothing was sent."""

    @abstractmethod
    def outcomes(self, response: httpx.Response, batch: Sequence[Message]) -> list[Outcome]:
        """What a 2xx answer means for each message: read the body, not the status."""

    def classify(self, response: httpx.Response, batch: Sequence[Message]) -> list[Outcome]:
        """What any other answer means. A vendor with error codes looks at those first."""
        return [from_status(response, len(batch))] * len(batch)

    def unanswered(self, error: Exception) -> Outcome:
        """What a call that ended without an answer means."""
        return from_error(error, self.peer)

    async def open(self) -> None:
        """One pool an account. Idle connections go before the vendor would close them.

        The transport alone: a client would follow nothing and keep no cookies either, for a third
        of the cost of each call.
        """
        context = await asyncio.to_thread(self.tls_context)
        session = ClientSession(connector=self.connector(context), cookie_jar=DummyCookieJar())
        self.transport = AiohttpTransport(verify=context, client=session)
        # At the deadline itself it is no longer certain what left.
        connect = self.call_deadline.total_seconds() / 3
        self._timeouts = {"connect": connect, "pool": connect}

    def tls_context(self) -> ssl.SSLContext:
        """Whose certificates are believed."""
        return _tls_context()

    def connector(self, context: ssl.SSLContext) -> TCPConnector:
        """The pool; a vendor whose hosts strangers name brings its own."""
        return TCPConnector(limit=CONNECTIONS, keepalive_timeout=IDLE_SECONDS, ssl=context)

    async def close(self) -> None:
        """Close the pool."""
        await self.transport.aclose()

    async def send(self, batch: Sequence[Message]) -> list[Outcome]:
        """Hand over one batch; every error is an outcome.

        A cancellation that comes once the call is under way is `unknown` too, and stays visible
        in `Task.cancelling()`; before it, CancelledError passes and nothing was sent.
        """
        try:
            request = self.request(batch)
            if len(batch) == 1:  # harmless where the vendor does not know it
                request.headers["Idempotency-Key"] = batch[0].request_key or batch[0].id
        except Exception as error:
            reason = error.reason if isinstance(error, TidingsError) else "not_built"
            outcomes = [refused(reason, words_of(error), len(batch))] * len(batch)
        else:
            outcomes = await self._called(request, batch)
        # The messages of a call mostly share one outcome: it is cleaned once.
        clean = {outcome: self.words.clean(outcome) for outcome in set(outcomes)}
        return [clean[outcome] for outcome in outcomes]

    async def look_up(self, message: Message, since: datetime) -> Outcome:
        """What the vendor's own list says, as `find` reads it; an error proves nothing."""
        try:
            async with asyncio.timeout(self.call_deadline.total_seconds()):
                outcome = await self.find(message, since)
        except Exception as error:
            detail = words_of(error)
            outcome = Outcome(Verdict.UNKNOWN, reason="look_up_failed", detail=detail)
        return self.words.clean(outcome)

    async def find(self, message: Message, since: datetime) -> Outcome:
        """A vendor with a list searches it here, by `call`, and may raise."""
        return Outcome(Verdict.UNKNOWN, reason="no_look_up")

    async def call(self, request: httpx.Request, limit: int = ANSWER_BYTES) -> httpx.Response:
        """The answer within the call's deadline, its body decoded and cut at `limit` bytes.

        An answer that breaks off keeps its status unless that is a 2xx; else the error is raised.
        """
        request.headers.update(self._headers)
        request.extensions["timeout"] = self._timeouts
        response: httpx.Response | None = None
        body = bytearray()
        try:
            # httpx's own timeouts are per read: only this one bounds the call.
            async with asyncio.timeout(self.call_deadline.total_seconds()):
                response = await self.transport.handle_async_request(request)
                if self.reads_acceptances or not response.is_success:
                    await _fill(body, response, limit)
        except Exception:
            if response is None or response.is_success:
                raise
        finally:
            if response is not None:
                await response.aclose()
        headers = [(k, v) for k, v in response.headers.raw if k.lower() not in FRAMING]
        return httpx.Response(response.status_code, headers=headers, content=bytes(body[:limit]))

    async def _called(self, request: httpx.Request, batch: Sequence[Message]) -> list[Outcome]:
        try:
            response = await self.call(request)
            return self._read(response, batch)
        except asyncio.CancelledError:
            return [Outcome(Verdict.UNKNOWN, reason="cancelled")] * len(batch)
        except Exception as error:
            return [self.unanswered(error)] * len(batch)

    def _read(self, response: httpx.Response, batch: Sequence[Message]) -> list[Outcome]:
        read = self.outcomes if response.is_success else self.classify
        try:
            # An answer that misses a message is unknown for all of them.
            return [o for o, _ in zip(read(response, batch), batch, strict=True)]
        except Exception:
            if not response.is_success:  # a proxy's page instead of codes: the status stands
                return [from_status(response, len(batch))] * len(batch)
        detail = f"{response.status_code}: {body_text(response)}"
        return [Outcome(Verdict.UNKNOWN, reason="unreadable_answer", detail=detail)] * len(batch)


async def _fill(body: bytearray, response: httpx.Response, limit: int) -> None:
    """What has come is there, even if the answer then breaks off."""
    # Mostly as it was asked for: then without httpx's layers, a twentieth of a call.
    plain = cast("httpx.AsyncByteStream", response.stream)
    coded = "content-encoding" in response.headers
    async for chunk in response.aiter_bytes() if coded else plain:
        body += chunk
        if len(body) > limit:
            return


@cache
def _tls_context() -> ssl.SSLContext:
    # Reading the certificates takes tens of milliseconds; all accounts share them.
    return httpx.create_ssl_context(trust_env=False)


def from_error(error: Exception, peer: Scope) -> Outcome:
    """A call that ended without an answer: not sent only where no connection was made."""
    cause, detail = error.__cause__, words_of(error)
    if isinstance(cause, NOT_SENT):
        reason = "connect_failed"
        if isinstance(cause, NeverConnected):
            reason = "connect_timeout"
        elif isinstance(cause, ClientSSLError):
            reason = "tls_failed"
        return Outcome(Verdict.RETRY, scope=peer, reason=reason, detail=detail)
    reason = "unreadable_answer"
    if isinstance(error, TimeoutError):
        reason = "timeout"
    elif isinstance(error, OSError) or isinstance(cause, ClientConnectionError | OSError):
        reason = "disconnected"
    return Outcome(Verdict.UNKNOWN, reason=reason, detail=detail)
