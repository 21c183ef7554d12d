"""Running one of our processes until SIGTERM or Ctrl-C."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import structlog
import uvloop
from prometheus_client import start_http_server

from deploy.local.refusal import CannotRun
from deploy.local.settings_check import check_settings, unknown_settings
from models import logs
from models.settings import Settings


def serve(run: Callable[[Settings, asyncio.Event], Awaitable[None]]) -> None:
    """Run it with this environment's settings; the event is set by the first signal."""
    settings = check_settings()
    logs.configure(settings.log_level, settings.log_format)
    if unknown := unknown_settings():
        structlog.get_logger().warning("unknown settings", variables=unknown)

    serve_metrics(settings)

    async def until_signalled() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run(settings, stop)

    uvloop.run(until_signalled())


def serve_metrics(settings: Settings) -> None:
    """On a port of their own, which is nobody's but Prometheus'; none if none is set."""
    if not settings.metrics_port:
        return
    try:
        start_http_server(settings.metrics_port, settings.metrics_host)
    except OSError as error:
        where = f"{settings.metrics_host}:{settings.metrics_port}"
        raise CannotRun(f"TIDINGS_METRICS_PORT: {where}: {error.strerror}") from None
