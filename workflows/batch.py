"""Many notifications under one owner: accepted in one call, or sharing a workflow under load.

Guarantees: those of `notification.py`, for each of them; one that must wait waits as a row's
`next_at` and holds up no other.
Live patches: none. (List each `workflow.patched` id here with its date.)
"""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.workflow_start import WorkflowStart
    from workflows.drive import Drive


@workflow.defn
class BatchWorkflow:
    """One batch, from the first notification that is due to the last that ends."""

    def __init__(self) -> None:
        self._drive = Drive()

    @workflow.run
    async def run(self, input: WorkflowStart) -> str:
        """The story. One that has ended already returns at its first decision."""
        return await self._drive.run(input)

    @workflow.signal
    def wake(self, *_: Any) -> None:
        """Something changed in PostgreSQL (cancelled, moved, settled): look now."""
        self._drive.wake()
