"""The API of a test's own process behind a port, for raw sockets and for other processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from api_in_process import Api
from raw_peers import until

from api.bounded_http import BoundedHttp


def app_of(api: Api) -> Any:
    """The application that the in-process client calls."""
    return api.http._transport.app  # type: ignore[attr-defined]


@asynccontextmanager
async def listening(app: Any) -> AsyncIterator[int]:
    """The port it listens on; connections that are left open are given up at the end."""
    config = uvicorn.Config(
        app,
        port=0,
        lifespan="off",
        log_config=None,
        http=BoundedHttp,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    await until(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving
