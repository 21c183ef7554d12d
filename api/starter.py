"""Starts workflows beside the requests. Bounded: the relay starts what does not fit."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import structlog
from temporalio.client import Client

from models.database import is_away
from models.repositories import workflow_starts
from models.sessions import Sessions
from models.workflow_start import WorkflowStart
from workflows.start import start, wake

log = structlog.get_logger()

LIMIT = 200
REMOVE_EVERY_SECONDS = 0.1


class Starter:
    """Offered a row after COMMIT, it tries once; no request ever waits for Temporal."""

    def __init__(self, client: Client, sessions: Sessions) -> None:
        self._client = client
        self._sessions = sessions
        self._running: set[asyncio.Task[Any]] = set()
        self._started: list[UUID] = []
        self._remover: asyncio.Task[None] | None = None

    def offer(self, row: WorkflowStart) -> None:
        """Start it soon, or leave it to the relay."""
        self._soon(self._start(row))

    def wake(self, workflow_id: str) -> None:
        """Let it look at its rows now; a lost signal costs only time."""
        self._soon(wake(self._client, workflow_id))

    async def close(self) -> None:
        """Let what runs end, for a moment; the relay has the rest."""
        if self._running:
            await asyncio.wait(self._running, timeout=2)
        await self._remove()

    async def _start(self, row: WorkflowStart) -> None:
        if await start(self._client, row):
            # Only now, and many at once: until it is gone, the relay would start it again.
            self._started.append(row.owner_id)
            if self._remover is None or self._remover.done():
                self._remover = asyncio.create_task(self._remove_soon())

    async def _remove_soon(self) -> None:
        await asyncio.sleep(REMOVE_EVERY_SECONDS)
        await self._remove()

    async def _remove(self) -> None:
        ids, self._started = self._started, []
        if not ids:
            return
        try:
            async with self._sessions.begin() as session:
                await workflow_starts.remove(session, ids)
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("starts_not_removed", count=len(ids), error=type(error).__name__)

    def _soon(self, work: Coroutine[Any, Any, Any]) -> None:
        if len(self._running) >= LIMIT:
            return work.close()
        task = asyncio.create_task(work)
        self._running.add(task)  # the loop itself keeps only weak references
        return task.add_done_callback(self._running.discard)
