"""`tidings api`: the HTTP API, by uvicorn."""

import asyncio

import uvicorn

from api.app import create
from api.bounded_http import BoundedHttp
from deploy.commands.serving import serve
from models.settings import Settings
from workers.connect import lazy

DRAIN_SECONDS = 3


def api() -> None:
    """Run the API. It accepts with Temporal up or down; without PostgreSQL it answers 503."""
    serve(_serve)


async def _serve(settings: Settings, stop: asyncio.Event) -> None:
    config = uvicorn.Config(
        create(settings, await lazy(settings)),
        host=settings.api_host,
        port=settings.api_port,
        http=BoundedHttp,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopped.cancel()
    await serving
