"""The two drivers: they carry out steps, and decide nothing."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, TypeVar

import httpx

from api.sdk.core import Core
from api.sdk.request import Request
from api.sdk.steps import Feed, Give, NextLine, Open, Send, Sleep, Step, Steps

T = TypeVar("T")


class SyncDriver:
    """On httpx.Client and the calling thread."""

    def __init__(self, core: Core, http: httpx.Client) -> None:
        self.core = core
        self.http = http

    def run(self, steps: Steps[T]) -> T:
        """What the logic returns."""
        wire, sent = _Wire(self.http), None
        try:
            while True:
                sent = wire.carry_out(steps.send(sent))
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            steps.close()
            wire.close()

    def iterate(self, feed: Feed[T]) -> Iterator[T]:
        """What the logic gives, while it is asked for."""
        wire, sent = _Wire(self.http), None
        try:
            while True:
                try:
                    step = feed.send(sent)
                except StopIteration:
                    return
                if isinstance(step, Give):
                    yield step.item
                    sent = None
                else:
                    sent = wire.carry_out(step)
        finally:
            feed.close()
            wire.close()


class _Wire:
    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._open: httpx.Response | None = None
        self._lines: Iterator[str] = iter(())

    def carry_out(self, step: Step) -> Any:
        try:
            match step:
                case Send(request):
                    return self._http.send(built(self._http, request, request.content))
                case Open(request):
                    return self._opened(built(self._http, request, request.content))
                case NextLine():
                    return next(self._lines, None)
                case Sleep(seconds):
                    return time.sleep(seconds)
        except httpx.TransportError as error:
            return error

    def _opened(self, request: httpx.Request) -> httpx.Response:
        self.close()
        self._open = self._http.send(request, stream=True)
        if not self._open.is_success:
            self._open.read()
        self._lines = self._open.iter_lines()
        return self._open

    def close(self) -> None:
        if self._open:
            self._open.close()


class AsyncDriver:
    """On httpx.AsyncClient and asyncio."""

    def __init__(self, core: Core, http: httpx.AsyncClient) -> None:
        self.core = core
        self.http = http

    async def run(self, steps: Steps[T]) -> T:
        """What the logic returns."""
        wire, sent = _AsyncWire(self.http), None
        try:
            while True:
                sent = await wire.carry_out(steps.send(sent))
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            steps.close()
            await wire.close()

    async def iterate(self, feed: Feed[T]) -> AsyncIterator[T]:
        """What the logic gives, while it is asked for."""
        wire, sent = _AsyncWire(self.http), None
        try:
            while True:
                try:
                    step = feed.send(sent)
                except StopIteration:
                    return
                if isinstance(step, Give):
                    yield step.item
                    sent = None
                else:
                    sent = await wire.carry_out(step)
        finally:
            feed.close()
            await wire.close()


class _AsyncWire:
    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._open: httpx.Response | None = None
        self._lines: AsyncIterator[str] | None = None

    async def carry_out(self, step: Step) -> Any:
        try:
            match step:
                case Send(request):
                    return await self._http.send(self._built(request))
                case Open(request):
                    return await self._opened(self._built(request))
                case NextLine():
                    return await anext(self._lines, None) if self._lines else None
                case Sleep(seconds):
                    return await asyncio.sleep(seconds)
        except httpx.TransportError as error:
            return error

    async def _opened(self, request: httpx.Request) -> httpx.Response:
        await self.close()
        self._open = await self._http.send(request, stream=True)
        if not self._open.is_success:
            await self._open.aread()
        self._lines = self._open.aiter_lines()
        return self._open

    def _built(self, request: Request) -> httpx.Request:
        content = request.content
        return built(
            self._http,
            request,
            content if content is None or isinstance(content, bytes) else _later(content),
        )

    async def close(self) -> None:
        if self._open:
            await self._open.aclose()


def built(http: httpx.Client | httpx.AsyncClient, request: Request, content: Any) -> httpx.Request:
    """The library's own request."""
    timeout = httpx.USE_CLIENT_DEFAULT
    if request.silence_seconds is not None:
        timeout = httpx.Timeout(request.silence_seconds, connect=http.timeout.connect)  # type: ignore[assignment]
    return http.build_request(
        request.method,
        request.path,
        params=dict(request.query) or None,
        headers=dict(request.headers),
        content=content,
        timeout=timeout,
    )


async def _later(content: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in content:
        yield chunk
