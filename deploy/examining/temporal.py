"""Temporal: does it answer, does it know our search attributes, and who polls our queues?"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, GetSystemInfoRequest
from temporalio.client import Client
from temporalio.service import RPCError

from deploy.examining.finding import Finding, bad, unknown, well
from deploy.examining.place import Place
from deploy.local.temporal import SEARCH_ATTRIBUTES
from workers.connect import runtime
from workers.queues import GROUPS

WITHIN = timedelta(seconds=4)
# Temporal names pollers for five minutes after their last poll. One that is at work polls again
# within a minute, which is how long a poll waits.
FRESH = timedelta(seconds=70)
KINDS = (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)


class Poll(NamedTuple):
    """The last one of a worker."""

    worker: str
    at: datetime


async def examine(place: Place) -> list[Finding]:
    """All that Temporal can tell."""
    client = await Client.connect(
        place.temporal_address, namespace=place.namespace, lazy=True, runtime=runtime()
    )
    try:
        info = await client.workflow_service.get_system_info(GetSystemInfoRequest(), timeout=WITHIN)
    except (RPCError, RuntimeError) as error:  # the SDK's own word for a refused connection
        why = error.status.name.lower() if isinstance(error, RPCError) else "no connection"
        detail = f"{place.temporal_address} does not answer ({why})"
        down = bad(
            "Temporal", detail, place.start("the server that TIDINGS_TEMPORAL_ADDRESS names")
        )
        parts = ("search attributes", *(f"queue {queue}" for queue in _queues()))
        return [down, *(unknown(part, "Temporal") for part in parts)]
    answers = well("Temporal", f"{place.temporal_address} answers, version {info.server_version}")
    return [answers, await _attributes(client, place), *await _polled(client, place)]


def _queues() -> dict[str, str]:
    """Each queue with the group that serves it."""
    return {queue: group for group, queues in GROUPS.items() for queue in queues}


async def _attributes(client: Client, place: Place) -> Finding:
    name, create = "search attributes", "temporal operator search-attribute create"
    try:
        answer = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=place.namespace), timeout=WITHIN
        )
    except RPCError as error:
        return bad(name, f"cannot be listed ({error.status.name.lower()})", "may this user ask?")
    kinds = {n: IndexedValueType.Name(kind) for n, kind in answer.custom_attributes.items()}
    wanted = {n: f"INDEXED_VALUE_TYPE_{_upper(kind)}" for n, kind in SEARCH_ATTRIBUTES.items()}
    wrong = [n for n, kind in wanted.items() if n in kinds and kinds[n] != kind]
    missing = [n for n in wanted if n not in kinds]
    if wrong:
        return bad(name, f"of another type: {', '.join(wrong)}", "remove them, and make them anew")
    if missing:
        flags = " ".join(f"--name {n} --type {SEARCH_ATTRIBUTES[n]}" for n in missing)
        return bad(name, f"missing: {', '.join(missing)}", f"{create} {flags}")
    return well(name, f"all {len(wanted)} are there")


def _upper(kind: str) -> str:
    return "KEYWORD_LIST" if kind == "KeywordList" else kind.upper()


async def _polled(client: Client, place: Place) -> list[Finding]:
    asked = [_poll(client, place, queue, group) for queue, group in _queues().items()]
    return list(await asyncio.gather(*asked))


async def _poll(client: Client, place: Place, queue: str, group: str) -> Finding:
    try:
        polls = [each for kind in KINDS for each in await _polls(client, place, queue, kind)]
    except RPCError as error:
        return unknown(f"queue {queue}", f"Temporal ({error.status.name.lower()})")
    return polled(queue, polls, datetime.now(UTC), place.start(f"tidings worker --queues {group}"))


def polled(queue: str, polls: Sequence[Poll], now: datetime, start: str) -> Finding:
    """Who is at it: those who have asked for its tasks of late."""
    at_it = {poll.worker for poll in polls if now - poll.at <= FRESH}
    if at_it:
        workers = "1 worker" if len(at_it) == 1 else f"{len(at_it)} workers"
        return well(f"queue {queue}", f"{workers} at it")
    if not polls:
        return bad(f"queue {queue}", "no worker asks for its tasks", start)
    ago = (now - max(poll.at for poll in polls)).total_seconds()
    return bad(f"queue {queue}", f"no worker has asked for its tasks for {ago:.0f} s", start)


async def _polls(
    client: Client, place: Place, queue: str, kind: TaskQueueType.ValueType
) -> list[Poll]:
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=place.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
        ),
        timeout=WITHIN,
    )
    return [
        Poll(poller.identity, poller.last_access_time.ToDatetime(tzinfo=UTC))
        for poller in answer.pollers
    ]
