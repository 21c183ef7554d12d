"""Long tasks are shared evenly by the processes that serve their queue."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker
from uuid_utils.compat import uuid7

from workers.balance import LONG, FewestFirst
from workers.run import RUNNER, Activities, workers

TASKS = 8


@workflow.defn
class Many:
    """Eight long activities."""

    @workflow.run
    async def run(self, queue: str) -> None:
        long = timedelta(seconds=60)
        each = []
        for _ in range(TASKS):  # as a campaign's shards come: one soon after the other
            hold = workflow.start_activity(LONG, task_queue=queue, start_to_close_timeout=long)
            each.append(hold)
            await workflow.sleep(0.03)
        await asyncio.gather(*each)


async def test_eight_are_four_and_four(temporal_server: str) -> None:
    client, *processes = [await Client.connect(temporal_server) for _ in range(3)]
    queue = f"deliver-{uuid7()}-bulk"
    taken, all_taken = Counter[str](), asyncio.Event()

    def holding(process: str) -> Callable[[], Awaitable[None]]:
        @activity.defn(name=LONG)
        async def hold() -> None:
            taken[process] += 1
            if taken.total() >= TASKS:
                all_taken.set()
            await all_taken.wait()

        return hold

    soon = timedelta(seconds=1)
    serving = [
        worker
        for name, process in zip(("one", "two"), processes, strict=True)
        for worker in workers(process, [queue], Activities((), [holding(name)]), soon)
    ]
    home = f"many-{uuid7()}"
    many = Worker(client, task_queue=home, workflows=[Many], workflow_runner=RUNNER)
    async with serving[0], serving[1], many:
        await client.execute_workflow(Many.run, queue, id=home, task_queue=home)

    assert taken == {"one": 4, "two": 4}


@dataclass
class Info:
    activity_type: str


@dataclass
class Context:
    """What Temporal says of a slot, as far as it is asked."""

    slot_info: Info | None


async def first(**slots: Any) -> str:
    """Whose reservation came first."""
    asked = {asyncio.create_task(s.reserve_slot(None)): name for name, s in slots.items()}
    done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait(asked)
    return asked[done.pop()]


async def test_who_has_taken_a_long_one_asks_after_who_has_fewer() -> None:
    many, few, short = (FewestFirst(100) for _ in range(3))
    for slots, type, times in ((many, LONG, 3), (few, LONG, 1), (short, "deliver", 9)):
        for _ in range(times):
            await slots.reserve_slot(None)
            slots.mark_slot_used(Context(Info(type)))

    assert await first(many=many, few=few) == "few"
    many.mark_slot_used(Context(Info(LONG)))
    assert await first(many=many, short=short) == "short"
    many.mark_slot_used(Context(Info("deliver")))  # what came last was short: it has waited
    short.mark_slot_used(Context(Info(LONG)))
    assert await first(short=short, many=many) == "many"


async def test_no_more_than_there_are_slots() -> None:
    slots = FewestFirst(1)
    await slots.reserve_slot(None)
    slots.mark_slot_used(Context(Info(LONG)))
    second = asyncio.create_task(slots.reserve_slot(None))
    assert not (await asyncio.wait([second], timeout=0.3))[0]

    slots.release_slot(Context(Info(LONG)))
    await asyncio.wait_for(second, 10)
    slots.release_slot(Context(None))  # never used
    await asyncio.wait_for(slots.reserve_slot(None), 10)
