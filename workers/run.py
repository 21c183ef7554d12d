"""One worker process: its task queues, until SIGTERM; then its windows end and it leaves."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.service import GrpcCompression
from temporalio.worker import (
    PollerBehaviorAutoscaling,
    PollerBehaviorSimpleMaximum,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkflowRunner,
)

from activities.accounts import OpenAccounts
from activities.campaign_steps import CampaignActivities
from activities.decide import DecideActivities
from activities.deliver import DeliverActivities
from activities.deliver_campaign import CampaignDeliverActivities
from activities.interceptor import Scrub
from activities.prepare_campaign import Limits, PrepareActivities
from activities.tell import TellActivities
from models import database
from models.repositories.templates import VersionCache
from models.seal import Keyring
from models.sessions import Sessions
from models.settings import Settings
from workers.balance import tuner
from workers.connect import runtime
from workers.queues import WORKFLOWS

log = structlog.get_logger()

# Above the calls one account may have open, so that a hung vendor leaves slots to the others.
ACTIVITY_SLOTS = 200
POLLERS = PollerBehaviorAutoscaling(minimum=1, initial=2, maximum=20)
# What the sandbox guards against, the tests find: they run and replay every workflow in it.
RUNNER = UnsandboxedWorkflowRunner()


async def connect(settings: Settings) -> Client:
    """Wait for Temporal, however long it takes: a worker has nothing else to do."""
    while True:
        try:
            return await Client.connect(
                settings.temporal_address,
                namespace=settings.temporal_namespace,
                runtime=runtime(),
                grpc_compression=GrpcCompression.NONE,
            )
        except RuntimeError as error:
            log.warning(
                "temporal away",
                address=settings.temporal_address,
                error=type(error).__name__,
            )
            await asyncio.sleep(1)


@dataclass(frozen=True, slots=True)
class Activities:
    """`deciding` runs on the workflows' queues, `delivering` on queues of its own."""

    deciding: Sequence[Callable[..., Any]]
    delivering: Sequence[Callable[..., Any]]


def every_activity(
    sessions: Sessions, deliver: DeliverActivities, settings: Settings
) -> Activities:
    """All of them, over one database."""
    decide = DecideActivities(sessions)
    campaign = CampaignActivities(sessions, settings.secret_keys.get_secret_value())
    limits = Limits(settings.two_approvers_above, settings.campaign_people_most)
    return Activities(
        deciding=(
            decide.decide,
            TellActivities(decide, deliver).tell,
            campaign.campaign_step,
            campaign.approve_campaign,
            PrepareActivities(sessions, limits).prepare_campaign,
        ),
        delivering=(
            deliver.deliver,
            CampaignDeliverActivities(deliver).deliver_campaign,
        ),
    )


def workers(
    client: Client,
    queues: Sequence[str],
    activities: Activities,
    drain: timedelta,
    runner: WorkflowRunner = RUNNER,
) -> list[Worker]:
    """A worker a queue: workflows and what runs in their tasks on `notify-*`, else `deliver`."""
    return [
        Worker(
            client,
            task_queue=queue,
            workflows=WORKFLOWS if queue.startswith("notify-") else [],
            activities=(
                activities.deciding if queue.startswith("notify-") else activities.delivering
            ),
            workflow_runner=runner,
            interceptors=[Scrub()],
            workflow_task_poller_behavior=POLLERS,
            **_slots(queue),
            graceful_shutdown_timeout=drain,
        )
        for queue in queues
    ]


def _slots(queue: str) -> dict[str, Any]:
    """How many activities at once, and how they are asked for."""
    if queue.startswith("deliver-") and queue.endswith("-bulk"):
        one_by_one = PollerBehaviorSimpleMaximum(1)
        return {"tuner": tuner(ACTIVITY_SLOTS), "activity_task_poller_behavior": one_by_one}
    return {
        "max_concurrent_activities": ACTIVITY_SLOTS,
        "activity_task_poller_behavior": POLLERS,
    }


async def run(settings: Settings, queues: Sequence[str], stop: asyncio.Event) -> None:
    """Serve these queues until `stop` is set."""
    engine = database.engine(
        settings.database_url.get_secret_value(),
        pool=settings.database_pool,
        name="tidings worker",
        planned_once=True,
        in_order=True,
    )
    sessions = Sessions(engine)
    accounts = OpenAccounts(Keyring(settings.secret_keys.get_secret_value()))
    deliver = DeliverActivities(sessions, accounts, VersionCache())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        stack.push_async_callback(accounts.close)
        client = await _unless(stop, connect(settings))
        if client is None:
            return
        activities = every_activity(sessions, deliver, settings)
        running = workers(client, queues, activities, settings.drain)
        async with asyncio.TaskGroup() as tasks:
            for worker in running:
                tasks.create_task(worker.run())
            log.info("worker ready", queues=list(queues))
            await stop.wait()
            log.info("worker draining")
            # All at once: one after the other, their drain times would add up.
            await asyncio.gather(*(worker.shutdown() for worker in running))
    log.info("worker stopped")


async def _unless(stop: asyncio.Event, connecting: Any) -> Client | None:
    task: asyncio.Task[Client] = asyncio.ensure_future(connecting)
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait([task, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if task.done():
        return task.result()
    task.cancel()
    return None
