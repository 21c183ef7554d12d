"""What callers see of campaigns."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, JsonValue

from models.campaign import CampaignStatus


class ApprovalView(BaseModel):
    """One decision on the campaign as it is now."""

    approver: str
    decision: str
    reason: str
    via: str
    at: datetime


class ProblemView(BaseModel):
    """What validation found; `line`: of the audience's row that cannot be rendered."""

    code: str
    field: str
    detail: str
    line: int | None = None


class CampaignView(BaseModel):
    """A campaign. `content_hash` is what an approval is bound to; null until it is validated."""

    id: UUID
    name: str
    status: CampaignStatus
    reason: str
    channel: str
    category: str
    template: str | None
    content: JsonValue | None
    data: dict[str, JsonValue]
    audience: dict[str, JsonValue]
    people: int | None
    duplicates: int | None
    send_at: datetime | None
    off_hours: bool
    per_second: float | None
    expires_in: float
    canary: dict[str, JsonValue] | None
    metadata: dict[str, str]
    revision: int
    content_hash: str | None
    approvals_needed: int | None
    approvals: list[ApprovalView]
    problems: list[ProblemView]
    authors: list[str]
    created_by: str
    submitted_by: str | None
    created_at: datetime
    submitted_at: datetime | None
    lapses_at: datetime | None
    approved_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    archived_at: datetime | None
    copy_of: UUID | None
    workflow_id: str


class CampaignPage(BaseModel):
    """Some campaigns, the newest first; `next` is the cursor of the following page."""

    items: list[CampaignView]
    next: UUID | None


class CodeView(BaseModel):
    """A one-time code for a signal; for this approver and this hash alone."""

    approver: str
    hash: str
    code: str
    workflow_id: str
    lapses_at: datetime


class ProgressView(BaseModel):
    """How far it is. `counts` sum up to `people`; `reasons` say why, by result."""

    status: CampaignStatus
    people: int
    counts: dict[str, int]
    reasons: dict[str, dict[str, int]]
    per_second: float
    estimated_end: datetime | None
    at: datetime


class CancelView(BaseModel):
    """What a cancellation found: stopped, already handed over, in doubt."""

    status: CampaignStatus
    stopped: int
    handed_over: int
    in_doubt: int


class EventLine(BaseModel):
    """One line of a campaign's account."""

    id: int
    at: datetime
    kind: str
    reason: str | None
    by: str | None
    detail: dict[str, JsonValue]


class EventPage(BaseModel):
    """Its account from the beginning; `next`: the cursor of what follows."""

    items: list[EventLine]
    next: int | None


class RenderedView(BaseModel):
    """One of the audience as it would be sent, or why it cannot be."""

    line: int
    to: str
    subject: str = ""
    html: str = ""
    text: str = ""
    problem: ProblemView | None = None


class PreviewView(BaseModel):
    """Some of the audience, from its first to its last."""

    items: list[RenderedView]


class AudienceView(BaseModel):
    """How many a submission would count now, each contact once, and some of them."""

    people: int
    suppressed: int
    without_contact: int
    duplicates: int
    sample: list[dict[str, JsonValue]]


class TestSentView(BaseModel):
    """The notifications that were accepted."""

    notifications: list[UUID]


def campaign_view(row: Mapping[str, Any]) -> CampaignView:
    """From the repository's row."""
    changed = {
        "expires_in": row["expires_in"].total_seconds(),
        "workflow_id": f"campaign/{row['id']}",
        "approvals": row["approvals"] or [],
    }
    return CampaignView.model_validate({**row, **changed})


def event_page(rows: list[Any], limit: int) -> EventPage:
    """One page of the account."""
    lines = [EventLine(**{**row, "detail": row["detail"] or {}, "by": None}) for row in rows]
    for line in lines:
        line.by = str(line.detail.pop("by")) if "by" in line.detail else None
    return EventPage(items=lines, next=lines[-1].id if len(lines) == limit else None)
