"""Tell one person something: wait until due or woken, decide, deliver, until all has ended.

Guarantees: ends in a state with a reason; sends nothing after `expires_at`. PostgreSQL decides;
this only drives, and can be started again from the rows at any moment.
Live patches: none. (List each `workflow.patched` id here with its date.)
"""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.workflow_start import WorkflowStart
    from workflows.drive import Drive


@workflow.defn
class NotificationWorkflow:
    """One notification, from due to ended."""

    def __init__(self) -> None:
        self._drive = Drive(alone=True)

    @workflow.run
    async def run(self, input: WorkflowStart) -> str:
        """The story. One that has ended already returns at its first decision."""
        return await self._drive.run(input)

    @workflow.signal
    def wake(self, *_: Any) -> None:
        """Something changed in PostgreSQL (cancelled, moved, settled): look now."""
        self._drive.wake()
