"""`tidings worker`: one worker process."""

import asyncio
from typing import Annotated

import structlog
import typer

from deploy.commands.serving import serve
from deploy.niceness import leave_the_processor
from models.settings import Settings
from workers.queues import EVERY, GROUPS, named
from workers.run import run

log = structlog.get_logger()

KNOWN = f"Groups ({', '.join(GROUPS)}) or queues ({', '.join(EVERY)}), separated by commas."


def worker(
    queues: Annotated[str, typer.Option("--queues", help=KNOWN)],
    nice: Annotated[
        int, typer.Option(min=0, max=19, help="Leave the processor to others by so much.")
    ] = 0,
) -> None:
    """Run a worker for some of the queues; urgent and bulk belong in processes of their own."""
    names = named(queues)
    leave_the_processor(nice)

    async def work(settings: Settings, stop: asyncio.Event) -> None:
        log.info("worker starting", temporal=settings.temporal_address, queues=list(names))
        await run(settings, names, stop)

    serve(work)
