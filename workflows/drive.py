"""The one loop that drives an owner: wait until due or woken, decide, deliver, until all has ended.

PostgreSQL decides; the loop can be started again from the rows at any moment. Notification and
batch workflows are this loop under their own names.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.decide import DecideActivities
    from activities.deliver import DeliverActivities
    from activities.tell import TellActivities
    from models import queues
    from models.decision import Decision, DeliverInput, DeliverResult, Told
    from models.selection import Selection
    from models.workflow_start import WorkflowStart
    from workflows.policies import (
        DECIDE,
        DECIDE_LOCAL,
        LONGEST_PAUSE,
        PAUSE,
        SHORTEST_PAUSE,
        TELL,
        deliver_until,
    )


class Drive:
    """What the workflows share; `wake` belongs to the workflow's signal."""

    def __init__(self, *, alone: bool = False) -> None:
        self._woken = False
        # One notification is first tried inside the workflow's own task: the shorter way.
        self._alone = alone
        self._pause = SHORTEST_PAUSE

    def wake(self) -> None:
        """Look at the rows now."""
        self._woken = True

    async def run(self, input: WorkflowStart) -> str:
        """Until the owner has ended; its last status. One that has ended returns at once."""
        ended = await self._until_ended(input)
        account = str(input.owner_id) if input.kind == "notification" else "{id}"
        workflow.set_current_details(f"Ended; its account: GET /v1/notifications/{account}")
        return ended

    async def _until_ended(self, input: WorkflowStart) -> str:
        look_again_at: datetime | None = input.due_at
        while True:
            await self._wait_until(look_again_at)
            told = await self._tell(input) if self._alone else None
            self._alone = False
            decision = told.decision if told else await self._decide(input)
            if decision.ended:
                return decision.ended
            results = await self._delivered(input, decision, told.results if told else ())
            if ended := next((r.ended for r in results if r.ended), ""):
                return ended
            looks = [decision.look_again_at, *(r.look_again_at for r in results)]
            look_again_at = self._no_hot_loop(
                decision, min((at for at in looks if at), default=None)
            )
            if workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(replace(input, due_at=look_again_at or workflow.now()))

    def _no_hot_loop(self, decision: Decision, at: datetime | None) -> datetime | None:
        """Nothing to deliver: come again, but not at once. Clocks differ, rows are locked."""
        if decision.deliver:
            self._pause = SHORTEST_PAUSE
            return at
        earliest = workflow.now() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        return max(at or earliest, earliest)

    async def _wait_until(self, at: datetime | None) -> None:
        delay = at - workflow.now() if at else timedelta()
        if at and delay > timedelta():
            workflow.set_current_details(f"Waiting until {at:%Y-%m-%d %H:%M:%S} UTC")
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: self._woken,
                    timeout=delay,
                    timeout_summary=f"until {at:%d %b %H:%M:%S} UTC",
                )
        self._woken = False

    async def _tell(self, input: WorkflowStart) -> Told | None:
        try:
            return await workflow.execute_local_activity_method(TellActivities.tell, input, **TELL)
        except FailureError as error:  # a local activity fails without an ActivityError around it
            if is_cancelled_exception(error):
                raise
        return None

    async def _decide(self, input: WorkflowStart) -> Decision:
        decide, owner = DecideActivities.decide, input.owner_id
        try:
            return await workflow.execute_local_activity_method(decide, owner, **DECIDE_LOCAL)
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
        workflow.set_current_details("PostgreSQL does not answer; deciding as soon as it does")
        return await workflow.execute_activity_method(
            decide, owner, summary="decide, once PostgreSQL answers", **DECIDE
        )

    async def _delivered(
        self, input: WorkflowStart, decision: Decision, at_once: Sequence[DeliverResult]
    ) -> list[DeliverResult]:
        """What became of each selection; those not taken at once go to their queues."""
        which = ", ".join(f"{w.channel} {w.first}–{w.last}" for w in decision.deliver)
        workflow.set_current_details(f"Delivering {which}" if which else "Nothing is due")
        taken = {which: r for which, r in zip(decision.deliver, at_once, strict=False) if r.taken}
        left = [which for which in decision.deliver if which not in taken]
        later = await asyncio.gather(*(self._deliver(input, which, decision) for which in left))
        return [*taken.values(), *later]

    async def _deliver(
        self, input: WorkflowStart, which: Selection, decision: Decision
    ) -> DeliverResult:
        try:
            result = await workflow.execute_activity_method(
                DeliverActivities.deliver,
                _asked(input, which),
                task_queue=queues.deliver(which.channel, input.priority),
                priority=Priority(
                    priority_key=queues.PRIORITY_KEYS[input.priority],
                    fairness_key=str(input.application_id),
                ),
                summary=f"{which.channel} {which.first}–{which.last}",
                **deliver_until(decision.expires_at or workflow.now()),
            )
        except FailureError as error:  # its time is over, or it cannot work: the rows know more
            if is_cancelled_exception(error):
                raise
            return DeliverResult(look_again_at=workflow.now() + PAUSE)
        return result


def _asked(input: WorkflowStart, which: Selection) -> DeliverInput:
    return DeliverInput(which, input.priority, str(input.application_id))
