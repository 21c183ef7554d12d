"""The relay: whatever else fails, what was accepted gets its workflow.

Loops over PostgreSQL: start rows that nobody started; notifications that share a workflow; owners
that are overdue; housekeeping; and what waits, for the metrics. Several relays may run: rows are
taken with SKIP LOCKED.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import structlog
from temporalio.client import Client
from uuid_utils.compat import uuid7

from models import database
from models.database import is_away
from models.queues import PRIORITY_KEYS
from models.repositories import (
    idempotency,
    measurements,
    owners,
    partitions,
    sweeps,
    workflow_starts,
)
from models.repositories.workflow_starts import SHARED_MOST, Waiting
from models.selection import Selection
from models.sessions import Sessions
from models.settings import Settings
from models.workflow_start import WorkflowStart
from workers import metrics
from workflows.start import start

log = structlog.get_logger()

NOW = timedelta()  # after a full round
GATHER_EVERY = timedelta(milliseconds=40)  # while somebody waits to share
GATHER_IDLE = timedelta(milliseconds=120)
RELAY_EVERY = timedelta(seconds=1)
RECONCILE_EVERY = timedelta(seconds=2)
TIDY_EVERY = timedelta(minutes=10)
MEASURE_EVERY = timedelta(seconds=10)
AFTER_FAILURE = timedelta(seconds=1)
WHOLE_OWNER = 2**31 - 1


class Relay:
    """Holds the database and a lazy client."""

    def __init__(self, sessions: Sessions, client: Client, settings: Settings) -> None:
        self.sessions = sessions
        self.client = client
        self.settings = settings
        self._busy: dict[tuple[str, str], float] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """All loops, until `stop` is set."""
        async with asyncio.TaskGroup() as tasks:
            for step in (self.gather, self.relay, self.reconcile, self.tidy, self.measure):
                tasks.create_task(self._repeat(step, stop))

    # Each step says when it wants to run again.

    async def relay(self) -> timedelta:
        """Start what has waited too long; the rows stay until their workflow exists."""
        async with self.sessions.begin() as session:
            rows = await workflow_starts.old(session, self.settings.relay_after)
            gone = await workflow_starts.remove(session, await self._started(rows))
        return NOW if gone == workflow_starts.AT_ONCE else RELAY_EVERY

    async def gather(self) -> timedelta:
        """Give those that share a workflow their batch, and start it.

        The first comes at once. While one of the same priority and application was started just
        now, the next gathers for `share_wait`: the busier it is, the more share.
        """
        async with self.sessions.singly() as session:
            groups = await workflow_starts.waiting(session)
        for group in sorted(groups, key=lambda g: PRIORITY_KEYS[g.priority]):
            if self._ripe(group):
                await self._share(group)
        return GATHER_EVERY if groups else GATHER_IDLE

    async def reconcile(self) -> timedelta:
        """Start again what is overdue, blindly: starting what runs changes nothing."""
        after = self.settings.reconcile_after
        async with self.sessions.begin() as session:
            for owner_id, channel in await sweeps.lost(session, after):
                await sweeps.sweep(session, Selection(owner_id, channel, 0, WHOLE_OWNER))
        rounds = [await self._reconcile(priority, after) for priority in PRIORITY_KEYS]
        missed = any(missed for _, missed in rounds)
        more = any(started == owners.AT_ONCE for started, _ in rounds)
        return NOW if more and not missed else RECONCILE_EVERY

    async def tidy(self) -> timedelta:
        """Make the coming days' partitions, forget old keys."""
        async with self.sessions.begin() as session:
            await partitions.make_ahead(session)
        async with self.sessions.begin() as session:
            more = await idempotency.sweep(session)
        return NOW if more else TIDY_EVERY

    async def measure(self) -> timedelta:
        """What its metrics show, if somebody looks at them."""
        if self.settings.metrics_port:
            async with self.sessions.singly() as session:
                metrics.show(await measurements.measure(session))
        return MEASURE_EVERY

    async def _reconcile(self, priority: str, after: timedelta) -> tuple[int, int]:
        """How many were started, and how many could not be."""
        async with self.sessions.begin() as session:
            rows = await owners.overdue(session, priority, after)
        if not rows:
            return 0, 0
        # Not in that transaction: the workflow's first decision waits for the owner's row.
        started = set(await self._started(rows, again=True))
        missed = [row.owner_id for row in rows if row.owner_id not in started]
        async with self.sessions.begin() as session:
            await owners.still_overdue(session, missed, after)
        log.info("reconciled", priority=priority, started=len(started), missed=len(missed))
        return len(started), len(missed)

    def _ripe(self, group: Waiting) -> bool:
        now = asyncio.get_running_loop().time()
        last = self._busy.get((group.priority, str(group.application_id)), 0)
        wait = self.settings.share_wait.total_seconds()
        return group.waiting >= SHARED_MOST or now - last >= wait

    async def _share(self, group: Waiting) -> None:
        key = group.priority, str(group.application_id)
        self._busy[key] = asyncio.get_running_loop().time()
        async with self.sessions.begin() as session:
            row = await workflow_starts.gather(session, group, uuid7())
        # Its owner is written; if this start fails, the relay finds the row.
        if row is not None and await start(self.client, row):
            async with self.sessions.begin() as session:
                await workflow_starts.remove(session, [row.owner_id])

    async def _started(self, rows: list[WorkflowStart], *, again: bool = False) -> list[UUID]:
        done = await asyncio.gather(*(start(self.client, row, again=again) for row in rows))
        return [row.owner_id for row, there in zip(rows, done, strict=True) if there]

    async def _repeat(self, step: Callable[[], Awaitable[timedelta]], stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                every = await step()
            except Exception as error:
                failed = {"step": step.__name__, "error": type(error).__name__}
                if is_away(error):
                    log.warning("postgresql_away", **failed)
                else:  # a mistake in one step does not end the others
                    log.error("step_failed", **failed, exc_info=error)
                every = AFTER_FAILURE
            await _sleep(every, stop)


async def _sleep(span: timedelta, stop: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(span.total_seconds()):
            await stop.wait()
    except TimeoutError:
        return


async def run(settings: Settings, client: Client, stop: asyncio.Event) -> None:
    """One relay process."""
    engine = database.engine(
        settings.database_url.get_secret_value(), pool=6, name="tidings relay", planned_once=True
    )
    try:
        log.info("relay ready")
        await Relay(Sessions(engine), client, settings).run(stop)
    finally:
        await engine.dispose()
