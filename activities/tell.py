"""Tell one person: decide, and hand over at once what is due, without leaving the workflow's task.

One local activity instead of two: each costs a round trip through the worker; and one statement
instead of two where one message is all there is. docs/decisions/0008 says why.
"""

import asyncio
from datetime import timedelta

from temporalio import activity

from activities.decide import DecideActivities
from activities.deliver import DeliverActivities
from models.decision import Decision, DeliverInput, Told
from models.selection import Selection
from models.workflow_start import WorkflowStart

DECIDE_WITHIN = timedelta(seconds=2)  # else the workflow waits for PostgreSQL in another way


class TellActivities:
    """Holds the two it is made of."""

    def __init__(self, decide: DecideActivities, deliver: DeliverActivities) -> None:
        self.decide = decide
        self.deliver = deliver

    @activity.defn
    async def tell(self, start: WorkflowStart) -> Told:
        """Idempotent as both are: a try that dies is found in the ledger."""
        return await self._in_one_step(start) or await self._in_two_steps(start)

    async def _in_one_step(self, start: WorkflowStart) -> Told | None:
        """The usual case; None: there is more to do, or nothing was."""
        if start.size > 1 or len(start.channels) != 1:
            return None
        which = Selection(start.owner_id, start.channels[0], 1, 1)
        input = DeliverInput(which, start.priority, str(start.application_id))
        async with _soon():
            turn = await self.deliver.turns.at_once(input)
        result = await self.deliver.deliver_first(input, turn)
        return Told(Decision(deliver=(which,)), (result,)) if result.taken else None

    async def _in_two_steps(self, start: WorkflowStart) -> Told:
        async with _soon():
            decision = await self.decide.decide(start.owner_id)
        inputs = [
            DeliverInput(which, start.priority, str(start.application_id))
            for which in decision.deliver
        ]
        results = await asyncio.gather(*map(self.deliver.deliver_now, inputs))
        return Told(decision, tuple(results))


def _soon() -> asyncio.Timeout:
    return asyncio.timeout(DECIDE_WITHIN.total_seconds())
