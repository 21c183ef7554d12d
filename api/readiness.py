"""Could a request be accepted? PostgreSQL is asked once for all who want to know at that moment.

Anybody may ask, without a key: however many do, they take one connection of a process.
"""

import asyncio
from typing import Literal

from pydantic import BaseModel
from sqlalchemy import text

from models import migrate
from models.database import is_away
from models.repositories import partitions
from models.sessions import Sessions

# Migrations only ever go up, and the next one keeps what this build needs.
REVISION = text("SELECT version_num FROM alembic_version")
ENOUGH_DAYS = 2


class ReadyView(BaseModel):
    """Each part in a word. Temporal is not among them: acceptance does not need it."""

    status: Literal["ready", "warning", "unavailable"]
    database: Literal["ok", "away", "not_migrated"]
    partitions: int | None = None


class Readiness:
    """Of one process."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._look: asyncio.Task[ReadyView] | None = None

    async def view(self) -> ReadyView:
        """As it is found now, or by the look that is under way."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._looked())
        return await asyncio.shield(self._look)

    async def _looked(self) -> ReadyView:
        try:
            async with self._sessions.begin() as session:
                revision = (await session.execute(REVISION)).scalar_one_or_none() or ""
                days = await partitions.days_ahead(session)
        except Exception as error:  # noqa: BLE001 - asked what kind of error it is, and told
            return ReadyView(
                status="unavailable", database="away" if is_away(error) else "not_migrated"
            )
        if revision < migrate.head():
            return ReadyView(status="unavailable", database="not_migrated")
        status: Literal["ready", "warning"] = "ready" if days >= ENOUGH_DAYS else "warning"
        return ReadyView(status=status, database="ok", partitions=days)
