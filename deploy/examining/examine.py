"""The whole examination: every part is asked at once, and none holds up another."""

import asyncio
from pathlib import Path

from deploy.examining import database, machine, servers, temporal
from deploy.examining.finding import Finding, bad
from deploy.examining.place import Place, place
from deploy.local.folder import DataFolder
from deploy.local.refusal import CannotRun


def examine(data: Path | None) -> list[Finding]:
    """What is found, part by part; where there is nothing to examine, that is found."""
    settings = machine.settings()
    try:
        where = place(data)
    except CannotRun as error:
        advice = "tidings up, --data FOLDER, or TIDINGS_DATABASE_URL and the others"
        return [settings, *machine.disk(None), bad("stack", str(error), advice)]
    return [settings, *machine.disk(where.folder), *asyncio.run(_parts(where))]


async def _parts(place: Place) -> list[Finding]:
    processes, rows, engine, api, vendors = await asyncio.gather(
        _stack(place.folder),
        database.examine(place),
        temporal.examine(place),
        servers.api(place),
        servers.sandbox(place),
    )
    return [*processes, *rows, *engine, api, *vendors]


async def _stack(folder: DataFolder | None) -> list[Finding]:
    return await machine.stack(folder) if folder else []
