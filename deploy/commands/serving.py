"""Running one of our processes until SIGTERM or Ctrl-C."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import structlog
import uvloop

from deploy.local.settings_check import check_settings, unknown_settings
from models import logs
from models.settings import Settings


def serve(run: Callable[[Settings, asyncio.Event], Awaitable[None]]) -> None:
    """Run it with this environment's settings; the event is set by the first signal."""
    settings = check_settings()
    logs.configure(settings.log_level, settings.log_format)
    if unknown := unknown_settings():
        structlog.get_logger().warning("unknown settings", variables=unknown)

    async def until_signalled() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run(settings, stop)

    uvloop.run(until_signalled())
