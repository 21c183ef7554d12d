"""How an activity that sends goes on, and how it stops without losing an outcome."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog
from temporalio import activity

from models.database import is_away
from models.messages import LEASE

T = TypeVar("T")
BEAT_SECONDS = 5
log = structlog.get_logger()


def stopping() -> bool:
    """Shall no further call be made?"""
    return activity.is_worker_shutdown() or activity.is_cancelled()


def time_is_left() -> bool:
    """Would a window that starts now end before the server gives this attempt up?"""
    info = activity.info()
    ends = info.started_time + (info.start_to_close_timeout or LEASE * 2)
    return datetime.now(UTC) < ends - LEASE


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Heartbeats beside the work, not between its steps: one hung call must not look like death."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(BEAT_SECONDS)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Wait for `work` even past a cancellation, which then goes on: no outcome is lost to it."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if task.cancelled():
                raise
            cancelled = error
    if cancelled:
        raise cancelled
    return task.result()


async def until_written(write: Callable[[], Awaitable[T]]) -> T:
    """The record is repeated until it works, whatever stops it; never the call before it."""
    pause_seconds = 0.1
    while True:
        try:
            return await write()
        except Exception as error:
            log.warning("not_recorded_yet", error=type(error).__name__, exc_info=not is_away(error))
        await asyncio.sleep(pause_seconds)
        pause_seconds = min(pause_seconds * 2, 5)
