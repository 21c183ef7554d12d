"""`tidings relay`: the process that starts what nobody else started."""

import asyncio

from deploy.commands.serving import serve
from models.settings import Settings
from workers.connect import lazy
from workers.relay import run


def relay() -> None:
    """Run the relay: starts, sweeps, reconciles. One is enough; two do no harm."""

    async def work(settings: Settings, stop: asyncio.Event) -> None:
        await run(settings, await lazy(settings), stop)

    serve(work)
