"""What callers see of the audit log."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field, JsonValue


class ActorView(BaseModel):
    """Who did it. `name`: a key's owner, an email of the staff, the user who gave a command."""

    kind: Literal["key", "staff", "cli", "system"]
    id: UUID | None
    name: str


class SubjectView(BaseModel):
    """What it was done to."""

    kind: str
    id: str


class AuditEntryView(BaseModel):
    """One entry. Numbers are without gaps over all applications."""

    number: int
    at: datetime
    actor: ActorView
    action: str = Field(examples=["vendor.pause"])
    subject: SubjectView
    detail: dict[str, JsonValue] = Field(description="what changed")


class AuditPage(BaseModel):
    """Entries, the newest first."""

    items: list[AuditEntryView]
    next: str | None


def entry_view(row: dict[str, object]) -> AuditEntryView:
    """From the repository's row."""
    actor = {"kind": row["actor_kind"], "id": row["actor_id"], "name": row["actor_name"]}
    subject = {"kind": row["subject_kind"], "id": row["subject_id"]}
    return AuditEntryView.model_validate({**row, "actor": actor, "subject": subject})
