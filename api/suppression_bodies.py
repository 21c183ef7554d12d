"""What callers send and see of suppressions."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.bodies import Body
from api.fields import ONE_LINE
from api.profile_bodies import Address
from models.messages import Channel
from models.repositories.suppressions import Row


class SuppressionReason(StrEnum):
    """Why somebody adds one; vendors' refusals have reasons of their own."""

    REQUESTED = "requested"  # the person asked for it
    COMPLAINED = "complained"
    BOUNCED = "bounced"
    LEGAL = "legal"
    MANUAL = "manual"


class SuppressionCreate(Body):
    """An address that nothing is sent to any more."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"channel": "email", "address": "nobody@example.com", "reason": "requested"}
            ]
        }
    )

    channel: Channel
    address: Address
    reason: SuppressionReason
    note: Annotated[str, Field(max_length=500, pattern=ONE_LINE)] = ""


class SuppressionView(BaseModel):
    """A suppression. `created_by`: a key's owner or one of the staff; null: a vendor refused."""

    id: UUID
    channel: str
    address: str
    reason: str
    note: str
    created_by: str | None
    created_at: datetime


class SuppressionPage(BaseModel):
    """A page of them; `next`: the cursor of the page after."""

    items: list[SuppressionView]
    next: str | None


def suppression_view(row: Row) -> SuppressionView:
    """From the repository's row."""
    return SuppressionView(**row)
