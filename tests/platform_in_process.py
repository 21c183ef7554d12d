"""Everything real in one process: API, workers, relay, sandbox; PostgreSQL and Temporal beside.

Workflows run in Temporal's own sandbox with its default restrictions: in production all modules
pass through, so what a workflow may not import shows only here.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from api_in_process import SECRET_KEYS, Api, serving, welcome
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.accounts import OpenAccounts
from activities.deliver import DeliverActivities
from deploy.local.sandbox.faults import Rule
from deploy.local.sandbox.server import Running, running
from models import database
from models.repositories.templates import VersionCache
from models.seal import Keyring
from models.sessions import Sessions
from models.settings import Settings, settings
from workers import relay
from workers.queues import EVERY
from workers.run import every_activity, workers


@dataclass(frozen=True)
class Platform:
    """The whole, and what a test asks of it."""

    api: Api
    client: Client
    sandbox: Running

    async def accept(self, **changes: Any) -> str:
        answer = await self.api.send(welcome(**changes))
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    async def seen(self, id: str) -> dict[str, Any]:
        return (await self.api.http.get(f"/v1/notifications/{id}")).json()

    async def until(self, id: str, *statuses: str) -> dict[str, Any]:
        """What the caller sees once the status is one of these, thirty seconds at most."""
        async with asyncio.timeout(30):
            while (view := await self.seen(id))["status"] not in statuses:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return view

    async def workflow(self, id: str) -> WorkflowHandle[Any, Any]:
        """Its workflow, as soon as Temporal knows it."""
        async with asyncio.timeout(30):
            while True:
                name = (await self.seen(id))["workflow_id"]
                handle = self.client.get_workflow_handle(name) if name else None
                if handle and await exists(handle):
                    return handle
                await asyncio.sleep(0.02)

    async def ended(self, id: str) -> str:
        """The result of its workflow."""
        async with asyncio.timeout(30):
            return await (await self.workflow(id)).result()

    def arrived(self, to: str) -> list[str]:
        """Which vendors have something for this recipient."""
        return [effect.vendor for effect in self.sandbox.desk.journal.index.find(to, "")]

    def fault(self, vendor: str, fault: Any, **more: Any) -> None:
        self.sandbox.desk.faults.add(Rule(vendor, fault, **more))


async def exists(handle: WorkflowHandle[Any, Any]) -> bool:
    try:
        await handle.describe()
    except RPCError:
        return False
    return True


async def event_kinds(handle: WorkflowHandle[Any, Any]) -> list[tuple[str, str]]:
    """Of its history: each event's type, with the activity's name where there is one."""
    history = await handle.fetch_history()
    return [
        (
            event.WhichOneof("attributes").removesuffix("_event_attributes"),
            event.activity_task_scheduled_event_attributes.activity_type.name,
        )
        for event in history.events
    ]


@asynccontextmanager
async def relaying(client: Client, database_url: str) -> AsyncIterator[None]:
    """A relay, until the block ends: what shares a workflow waits for it."""
    stop = asyncio.Event()
    task = asyncio.create_task(relay.run(Settings(database_url=database_url), client, stop))
    try:
        yield
    finally:
        stop.set()
        await task


@asynccontextmanager
async def working(client: Client, database_url: str) -> AsyncIterator[None]:
    """All queues served, until the block ends."""
    engine = database.engine(
        database_url, pool=8, name="tidings worker", planned_once=True, in_order=True
    )
    sessions = Sessions(engine)
    accounts = OpenAccounts(Keyring(SECRET_KEYS))
    deliver = DeliverActivities(sessions, accounts, VersionCache())
    activities = every_activity(sessions, deliver, Settings(secret_keys=SECRET_KEYS))
    drain = timedelta(seconds=2)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        stack.push_async_callback(accounts.close)
        for worker in workers(client, EVERY, activities, drain, SandboxedWorkflowRunner()):
            await stack.enter_async_context(worker)
        yield


@contextmanager
def private_host(place: str) -> Iterator[None]:
    """Webhooks may go there: as an operator says it, by the environment."""
    os.environ["TIDINGS_WEBHOOK_PRIVATE_HOSTS"] = place
    settings.cache_clear()
    try:
        yield
    finally:
        del os.environ["TIDINGS_WEBHOOK_PRIVATE_HOSTS"]
        settings.cache_clear()


@asynccontextmanager
async def platform_of(
    folder: Path, database_url: str, temporal: str, **chosen: Any
) -> AsyncIterator[Platform]:
    async with running(folder / "sandbox") as sandbox:
        client = await Client.connect(temporal)
        port = int(temporal.rpartition(":")[2])
        with private_host(f"127.0.0.1:{sandbox.http_port}"):
            async with (
                serving(database_url, port, sandbox.http_url, sandbox.smtp_port, **chosen) as api,
                working(client, database_url),
                relaying(client, database_url),
            ):
                yield Platform(api, client, sandbox)
