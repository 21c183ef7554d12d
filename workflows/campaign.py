"""A campaign: one request to tell an audience, from its submission to its end.

Guarantees: nothing is sent but what somebody else approved as it is, within its time; PostgreSQL
decides every step, the workflow waits, and hands ranges of messages to shards. Recipients are in
none of its events.
Live patches: none. (List each `workflow.patched` id here with its date.)
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import Priority, SearchAttributeKey
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.campaign_steps import CampaignActivities
    from activities.prepare_campaign import PrepareActivities
    from models import queues
    from models.campaign_steps import ApprovalAsked, Delivered, Shard, Step
    from models.workflow_start import WorkflowStart
    from workflows.campaign_shard import CampaignShardWorkflow
    from workflows.policies import (
        APPROVE,
        DECIDE,
        DECIDE_LOCAL,
        LONGEST_PAUSE,
        LONGEST_REST,
        PREPARE,
        SHORTEST_PAUSE,
    )

PARALLEL = 4  # shards under way at once
STATUS = SearchAttributeKey.for_keyword("Status")


@workflow.defn
class CampaignWorkflow:
    """One campaign's submission, until it has ended or must be submitted anew."""

    @workflow.init
    def __init__(self, input: WorkflowStart) -> None:
        self._id = input.owner_id  # a signal may come before the first step
        self._woken = False
        self._status = ""
        self._pause = SHORTEST_PAUSE

    @workflow.run
    async def run(self, input: WorkflowStart) -> str:
        """The story: step after step, as PostgreSQL tells them."""
        while True:
            self._woken = False
            step = await self._step(input)
            self._tell(step)
            if step.kind == "ended":
                await workflow.wait_condition(workflow.all_handlers_finished)
                if not self._woken:
                    return step.status
            elif step.kind == "validate":
                await self._prepare(input)
            elif step.kind == "deliver":
                await self._deliver(step)
            else:
                await self._wait_until(step.until)
            if workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(input)

    @workflow.signal
    def wake(self, *_: Any) -> None:
        """Something changed in PostgreSQL (approved, paused, edited, cancelled): look now."""
        self._woken = True

    @workflow.signal
    async def approve(self, *input: Any) -> None:
        """From outside our API: `{"approver": …, "code": …}`; what is no code is recorded.

        It takes whatever comes: a signal that fails its handler would stop the workflow for good.
        """
        said = input[0] if input and isinstance(input[0], dict) else {}
        approver, code = str(said.get("approver", ""))[:200], str(said.get("code", ""))[:200]
        await workflow.execute_activity_method(
            CampaignActivities.approve_campaign,
            ApprovalAsked(self._id, approver, code),
            summary="an approval by signal",
            **APPROVE,
        )
        self._woken = True

    async def _step(self, input: WorkflowStart) -> Step:
        step, id = CampaignActivities.campaign_step, input.owner_id
        try:
            return await workflow.execute_local_activity_method(step, id, **DECIDE_LOCAL)
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
        workflow.set_current_details("PostgreSQL does not answer; going on as soon as it does")
        return await workflow.execute_activity_method(
            step, id, summary="the next step, once PostgreSQL answers", **DECIDE
        )

    async def _prepare(self, input: WorkflowStart) -> None:
        await workflow.execute_activity_method(
            PrepareActivities.prepare_campaign,
            input.owner_id,
            summary="count and freeze the audience, check the rules",
            **PREPARE,
        )

    async def _deliver(self, step: Step) -> None:
        # The next one follows as soon as one has ended.
        some = asyncio.Semaphore(PARALLEL)

        async def in_turn(shard: Shard) -> Delivered:
            async with some:
                return await self._shard(shard)

        results = await asyncio.gather(*(in_turn(shard) for shard in step.shards))
        if any(result.counts for result in results):
            self._pause = SHORTEST_PAUSE
            return
        # Nothing to do is no hot loop; an account that rests says until when.
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        soonest = workflow.now() + self._pause
        looks = [result.look_again_at for result in results if result.look_again_at]
        if len(looks) == len(results):
            soonest = max(soonest, min(*looks, workflow.now() + LONGEST_REST))
        await self._wait_until(soonest)

    async def _shard(self, shard: Shard) -> Delivered:
        return await workflow.execute_child_workflow(
            CampaignShardWorkflow.run,
            shard,
            id=f"campaign/{self._id}/{shard.first}-{shard.last}/{workflow.uuid4()}",
            task_queue=queues.NOTIFY["low"],
            priority=Priority(
                priority_key=queues.PRIORITY_KEYS["low"], fairness_key=str(shard.application_id)
            ),
            search_attributes=workflow.info().typed_search_attributes,
            static_summary=f"{shard.channel} {shard.first}–{shard.last}",
        )

    async def _wait_until(self, at: datetime | None) -> None:
        delay = at - workflow.now() if at else timedelta()
        if delay > timedelta():
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: self._woken,
                    timeout=delay,
                    timeout_summary=f"until {at:%d %b %H:%M:%S} UTC",
                )

    def _tell(self, step: Step) -> None:
        workflow.set_current_details(step.line or f"Ended: {step.status}")
        if step.status and step.status != self._status:
            self._status = step.status
            workflow.upsert_search_attributes([STATUS.value_set(step.status)])
