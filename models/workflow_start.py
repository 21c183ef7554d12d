"""The row that says a workflow must exist, and the workflow's input: ids and times, no more.

Not beside the workflow: its sandbox replaces `datetime` in workflow files, and the converter
then no longer knows the type. Crosses Temporal: fields are only added, with defaults.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class WorkflowStart:
    """Everything that starting needs."""

    owner_id: UUID
    application_id: UUID
    priority: str
    due_at: datetime
    kind: str = "notification"  # or "batch", "campaign"
    category: str = ""  # its id, for the search attribute; empty where a batch mixes several
    channels: tuple[str, ...] = ()
    size: int = 1

    @property
    def workflow_id(self) -> str:
        """`notification/<uuid7>`, `batch/<uuid7>` or `campaign/<uuid7>`."""
        return f"{self.kind}/{self.owner_id}"
