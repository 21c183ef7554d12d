"""Starting and waking workflows: of the API's starter, of the relay, of the reconciler."""

from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.common import (
    Priority,
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from models import queues
from models.workflow_start import WorkflowStart
from workflows.batch import BatchWorkflow
from workflows.campaign import CampaignWorkflow
from workflows.notification import NotificationWorkflow

RUN: dict[str, Any] = {
    "notification": NotificationWorkflow.run,
    "batch": BatchWorkflow.run,
    "campaign": CampaignWorkflow.run,
}

APPLICATION = SearchAttributeKey.for_keyword("Application")
CATEGORY = SearchAttributeKey.for_keyword("Category")
PRIORITY = SearchAttributeKey.for_keyword("Priority")
CAMPAIGN = SearchAttributeKey.for_keyword("Campaign")
CHANNEL = SearchAttributeKey.for_keyword_list("Channel")

# Rejecting every duplicate would strand one that failed until retention ends. The reconciler also
# starts one again that says it completed, although its rows have not ended.
NORMALLY = WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY
AGAIN = WorkflowIDReusePolicy.ALLOW_DUPLICATE


async def start(client: Client, row: WorkflowStart, *, again: bool = False) -> bool:
    """Is the workflow there now? False: try again later. Never raises, and repeats harmlessly."""
    try:
        await client.start_workflow(
            RUN[row.kind],
            row,
            id=row.workflow_id,
            task_queue=queues.NOTIFY[row.priority],
            # A campaign is submitted again after it was rejected or lapsed.
            id_reuse_policy=AGAIN if again or row.kind == "campaign" else NORMALLY,
            # One that is about to end looks once more, and one that is overdue was not woken.
            start_signal="wake" if again or row.kind == "campaign" else None,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            priority=Priority(
                priority_key=queues.PRIORITY_KEYS[row.priority],
                fairness_key=str(row.application_id),
            ),
            search_attributes=search_attributes(row),
            static_summary=summary(row),
            rpc_timeout=timedelta(seconds=2),
        )
    except WorkflowAlreadyStartedError:
        return True
    except (RPCError, RuntimeError):  # a lazy client that cannot connect raises RuntimeError
        return False
    return True


async def wake(client: Client, workflow_id: str) -> bool:
    """Did the signal arrive? Never raises; the rows hold what it is about."""
    try:
        handle = client.get_workflow_handle(workflow_id)
        await handle.signal("wake", rpc_timeout=timedelta(seconds=2))
    except (RPCError, RuntimeError):
        return False
    return True


def search_attributes(row: WorkflowStart) -> TypedSearchAttributes:
    """Ids and words of ours: they are not encrypted."""
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(APPLICATION, str(row.application_id)),
        SearchAttributePair(PRIORITY, row.priority),
        SearchAttributePair(CHANNEL, list(row.channels)),
    ]
    if row.kind == "campaign":
        pairs.append(SearchAttributePair(CAMPAIGN, str(row.owner_id)))
    if row.category:
        pairs.append(SearchAttributePair(CATEGORY, row.category))
    return TypedSearchAttributes(pairs)


def summary(row: WorkflowStart) -> str:
    """What the Temporal UI shows in its lists."""
    if row.kind == "campaign":
        return f"campaign, {' + '.join(row.channels)}"
    what = "notification" if row.size == 1 else f"{row.size} notifications"
    return f"{what}, {row.priority}, {' + '.join(row.channels)}"
