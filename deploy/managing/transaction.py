"""One transaction of a command that looks after keys or accounts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from deploy.managing.database_trouble import told_in_one_line
from deploy.managing.reach import Reach
from models import database
from models.sessions import Session, Sessions

T = TypeVar("T")


def in_transaction(reach: Reach, name: str, work: Callable[[Session], Awaitable[T]]) -> T:
    """What `work` gives back, committed; CannotRun says why the database did not take it."""

    async def run() -> T:
        engine = database.engine(reach.database_url, pool=1, name=name)
        try:
            async with Sessions(engine).begin() as session:
                return await work(session)
        finally:
            await engine.dispose()

    with told_in_one_line(reach.database_url, reach.hint):
        return asyncio.run(run())
