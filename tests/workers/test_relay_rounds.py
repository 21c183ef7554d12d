"""The relay's rounds: at once after a full one, later when Temporal is away; no mistake ends it."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from raw_peers import until
from sqlalchemy import text
from temporalio.service import RPCError, RPCStatusCode

from models import database, logs
from models.repositories import idempotency, owners, workflow_starts
from models.sessions import Sessions
from models.settings import Settings
from models.workflow_start import WorkflowStart
from workers.relay import NOW, RECONCILE_EVERY, RELAY_EVERY, TIDY_EVERY, Relay

STARTS = """
INSERT INTO workflow_start (id, kind, application_id, priority, channels, due_at, created_at)
SELECT gen_random_uuid(), 'notification', gen_random_uuid(), 'low', '{sms}', now(),
    now() - interval '1 hour' FROM generate_series(1, :many)
"""
OWNERS = """
WITH late AS (
    INSERT INTO owner (id, application_id, kind, priority, next_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 'notification', 'low', now() - interval '1 hour'
    FROM generate_series(1, :many) RETURNING *
)
INSERT INTO notification (id, application_id, owner_id, category_id, priority, channels,
    channel_mode, on_unknown, content, data, metadata, due_at, expires_at)
SELECT id, id, id, id, 'low', '{sms}', 'all', 'hold', '{}', '{}', '{}', now(),
    now() + interval '1 hour' FROM late
"""
KEYS = """
INSERT INTO idempotency_key (application_id, route, key, fingerprint, status, answer, expires_at)
SELECT gen_random_uuid(), 'notifications', 'k', '', 202, '', now() - interval '1 hour'
FROM generate_series(1, :many)
"""
EMPTY = "TRUNCATE workflow_start, owner, notification, idempotency_key"


@dataclass
class Temporal:
    """Starts what it is told, unless it is away."""

    there: bool = True
    started: list[WorkflowStart] = field(default_factory=list)

    async def start_workflow(self, _: object, row: WorkflowStart, **__: object) -> None:
        if not self.there:
            raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")
        self.started.append(row)


@dataclass
class Rig:
    relay: Relay
    temporal: Temporal

    async def run(self, sql: str, **values: Any) -> Any:
        async with self.relay.sessions.begin() as session:
            result = await session.execute(text(sql), values)
            return result.scalar()


@pytest.fixture
async def rig(database_url: str) -> AsyncIterator[Rig]:
    engine = database.engine(database_url, planned_once=True)
    temporal = Temporal()
    rig = Rig(Relay(Sessions(engine), temporal, Settings()), temporal)
    await rig.run(EMPTY)
    yield rig
    await engine.dispose()


async def test_after_a_full_round_of_starts_it_comes_again_at_once(rig: Rig) -> None:
    await rig.run(STARTS, many=workflow_starts.AT_ONCE + 1)

    assert [await rig.relay.relay(), await rig.relay.relay()] == [NOW, RELAY_EVERY]

    assert len({row.owner_id for row in rig.temporal.started}) == workflow_starts.AT_ONCE + 1
    assert await rig.run("SELECT count(*) FROM workflow_start") == 0


async def test_while_temporal_is_away_it_pauses_and_keeps_every_start(rig: Rig) -> None:
    await rig.run(STARTS, many=workflow_starts.AT_ONCE + 1)
    rig.temporal.there = False

    assert await rig.relay.relay() == RELAY_EVERY

    assert await rig.run("SELECT count(*) FROM workflow_start") == workflow_starts.AT_ONCE + 1


async def test_after_a_full_round_of_overdue_owners_it_comes_again_at_once(rig: Rig) -> None:
    await rig.run(OWNERS, many=owners.AT_ONCE + 1)

    assert [await rig.relay.reconcile(), await rig.relay.reconcile()] == [NOW, RECONCILE_EVERY]

    assert len({row.owner_id for row in rig.temporal.started}) == owners.AT_ONCE + 1


async def test_what_could_not_be_reconciled_waits_for_the_next_round(rig: Rig) -> None:
    await rig.run(OWNERS, many=owners.AT_ONCE + 1)
    rig.temporal.there = False
    assert await rig.relay.reconcile() == RECONCILE_EVERY

    rig.temporal.there = True
    assert [await rig.relay.reconcile(), await rig.relay.reconcile()] == [NOW, RECONCILE_EVERY]

    assert len({row.owner_id for row in rig.temporal.started}) == owners.AT_ONCE + 1


async def test_old_keys_are_swept_until_none_are_left(rig: Rig) -> None:
    await rig.run(KEYS, many=2 * idempotency.SWEPT_MOST + 1)

    assert [await rig.relay.tidy() for _ in range(3)] == [NOW, NOW, TIDY_EVERY]

    assert await rig.run("SELECT count(*) FROM idempotency_key") == 0


class Mistaken(Relay):
    """Its first gathering is wrong SQL's."""

    calls = 0

    async def gather(self) -> timedelta:
        self.calls += 1
        if self.calls == 1:
            async with self.sessions.singly() as session:
                await session.execute(text("SELECT nothing"))
        return await super().gather()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What a process would write on standard error."""
    root = logging.getLogger()
    before, level = root.handlers, root.level
    with redirect_stderr(io.StringIO()) as words:
        logs.configure("ERROR", "json")
        yield words
    root.handlers = before
    root.setLevel(level)


async def test_a_step_that_fails_is_logged_and_comes_again(rig: Rig, logged: io.StringIO) -> None:
    mistaken, stop = Mistaken(rig.relay.sessions, rig.temporal, Settings()), asyncio.Event()
    await rig.run(STARTS, many=1)

    running = asyncio.create_task(mistaken.run(stop))
    await until(lambda: mistaken.calls > 1 or running.done())
    stop.set()
    await running

    [failure] = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert failure["event"] == "step_failed"
    assert (failure["step"], failure["error"]) == ("gather", "UndefinedColumnError")
    assert failure["exception"][0]["frames"], "where it happened"
    assert "nothing" not in json.dumps(failure["exception"]), "an error's words may be a value"
    assert len(rig.temporal.started) == 1, "the other steps went on"
