"""What callers see of keys and applications. A key itself is shown once, when it is made."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

HELD = "%H:%M"


class KeyView(BaseModel):
    """A key by its last four characters; those it was rotated into share its `lineage_id`."""

    id: UUID
    lineage_id: UUID
    name: str
    owner: str
    last_four: str
    scopes: list[str]
    state: Literal["live", "expired", "revoked"]
    requests_per_second: float | None = Field(description="null: the application's, or the usual")
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="to the minute or so")


class NewKeyView(KeyView):
    """A new key, which is shown now and never again."""

    key: str


class RotatedKeyView(NewKeyView):
    """The new key; the one it replaces works until `old_key_until`."""

    old_key_until: datetime


class KeyPage(BaseModel):
    """Keys, the newest first."""

    items: list[KeyView]
    next: str | None


class OffHoursView(BaseModel):
    """By the application's clock."""

    begins: str
    ends: str


class ApplicationView(BaseModel):
    """An application: who sends."""

    id: UUID
    name: str
    time_zone: str
    off_hours: OffHoursView
    requests_per_second: float | None = Field(description="of each of its keys; null: the usual")
    created_at: datetime


class NewApplicationView(ApplicationView):
    """A new application, and its first key, which is shown now and never again."""

    key: NewKeyView


class ApplicationPage(BaseModel):
    """Applications by name."""

    items: list[ApplicationView]
    next: str | None


def application_view(row: Mapping[str, Any]) -> ApplicationView:
    """From the repository's row."""
    return ApplicationView.model_validate({**row, "off_hours": off_hours(row)})


def off_hours(row: Mapping[str, Any]) -> dict[str, str]:
    """The window, to the minute."""
    return {
        "begins": row["off_hours_from"].strftime(HELD),
        "ends": row["off_hours_to"].strftime(HELD),
    }
