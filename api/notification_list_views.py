"""A notification as a list shows it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import RowMapping as Row

from api.views import notification_status
from models.status import Status

EXAMPLE: dict[str, JsonValue] = {
    "items": [
        {
            "id": "0199d1c8-8f4e-7b6a-9c55-3f1f4a0e7d21",
            "status": "failed",
            "reason": "unknown_recipient",
            "category": "transactional",
            "priority": "medium",
            "channels": ["email"],
            "profile": {"id": "0199d1c8-2222-7b6a-9c55-3f1f4a0e7d21", "external_id": "4711"},
            "due_at": "2030-01-31T09:00:00Z",
            "created_at": "2030-01-31T09:00:00Z",
            "ended_at": "2030-01-31T09:00:01Z",
            "metadata": {"order": "4711"},
            "resend_of": "0199d1c8-1111-7b6a-9c55-3f1f4a0e7d21",
        }
    ],
    "next": "SGVyZSBiZWdpbnMgdGhlIG5leHQgcGFnZQ",
}


class ListedProfile(BaseModel):
    """Whom it is for. `external_id` null: the profile was deleted."""

    id: UUID
    external_id: str | None


class ListedNotification(BaseModel):
    """One line of the list; `GET /v1/notifications/{id}` has the rest."""

    id: UUID
    status: Status
    reason: str | None = Field(description="why it ended as it did, or waits")
    category: str
    priority: str
    channels: list[str]
    profile: ListedProfile | None = Field(description="null: direct addresses")
    due_at: datetime
    created_at: datetime
    ended_at: datetime | None
    metadata: dict[str, str]
    resend_of: UUID | None


class NotificationPage(BaseModel):
    """Newest first; it ends where `next` is null. A page may have fewer than `limit`, even none."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    items: list[ListedNotification]
    next: str | None


def listed(row: Row) -> ListedNotification:
    """From a row of `notification_search`."""
    same = ("id", "category", "priority", "channels", "due_at", "created_at", "ended_at")
    profile = row["profile_id"] and ListedProfile(
        id=row["profile_id"], external_id=row["external_id"]
    )
    status = notification_status(row, row["messages"])
    return ListedNotification(
        **{name: row[name] for name in (*same, "metadata", "resend_of")},
        status=status,
        reason=_reason(row, status),
        profile=profile,
    )


def _reason(row: Row, status: Status) -> str | None:
    """That of the message that speaks for all, or of the end."""
    for message in row["messages"]:
        if message["reason"] and notification_status(row, [message]) is status:
            return str(message["reason"])
    return None if row["end_reason"] == "done" else row["end_reason"]
