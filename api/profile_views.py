"""What callers see of profiles."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from models.person_fields import Refusal
from models.repositories.profile_deletions import Deleted
from models.repositories.profiles import Row


class ContactView(BaseModel):
    """One address. `suppressed`: nothing is sent to it, and why."""

    id: UUID
    channel: str
    address: str
    rank: int
    suppressed: str | None
    created_at: datetime


class GroupRefView(BaseModel):
    """A group it is in."""

    id: UUID
    name: str


class MergedView(BaseModel):
    """One that was merged into it: its ids still lead here."""

    id: UUID
    external_id: str


class ProfileView(BaseModel):
    """A profile, with its contacts, the one that is told first, and its groups."""

    id: UUID
    external_id: str
    name: str
    locale: str
    time_zone: str
    metadata: dict[str, str]
    contacts: list[ContactView]
    groups: list[GroupRefView]
    merged: list[MergedView]
    revision: int
    created_at: datetime
    updated_at: datetime


class ProfilePage(BaseModel):
    """A page of them; `next`: the cursor of the page after."""

    items: list[ProfileView]
    next: str | None


class ProfileDeletedView(BaseModel):
    """What was on its way to it. All of it is cancelled, with the reason `profile_deleted`."""

    id: UUID
    stopped: int = Field(description="notifications of which nothing had gone, and nothing will")
    under_way: int = Field(
        description="notifications of which something had gone, or may have: it stays as it is"
    )


class RefusalLine(BaseModel):
    """Why a line is not stored; an empty `field`: the line as a whole."""

    line: int
    field: str
    reason: str
    detail: str


class BulkView(BaseModel):
    """What became of the lines. `refusals`: the first of them, `refused` counts all."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lines": 3,
                    "created": 1,
                    "updated": 1,
                    "unchanged": 0,
                    "refused": 1,
                    "refusals": [
                        {
                            "line": 2,
                            "field": "contacts.0.address",
                            "reason": "email_invalid",
                            "detail": "not an email address (no @); want name@example.com",
                        }
                    ],
                }
            ]
        }
    )

    lines: int = Field(description="that are not blank")
    created: int
    updated: int
    unchanged: int
    refused: int
    refusals: list[RefusalLine]


def profile_view(row: Row) -> ProfileView:
    """From the repository's row; lists that are empty come as null."""
    lists = {name: row[name] or [] for name in ("contacts", "groups", "merged")}
    return ProfileView.model_validate({**row, **lists})


def deleted_view(deleted: Deleted) -> ProfileDeletedView:
    """The counts."""
    return ProfileDeletedView(id=deleted.id, stopped=deleted.stopped, under_way=deleted.under_way)


def refusal_lines(refusals: list[Refusal]) -> list[RefusalLine]:
    """By line."""
    return [RefusalLine(**refusal._asdict()) for refusal in sorted(refusals)]
