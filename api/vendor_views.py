"""What callers see of vendor accounts: never a secret."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, JsonValue

from api import vendor_settings
from models.seal import Keyring


class RateView(BaseModel):
    """Messages a second, and the share of them that low priority leaves to others."""

    per_second: float
    reserve: float


class VendorErrorView(BaseModel):
    """What the vendor has said of late, by reason; `detail`: its words the last time."""

    outcome: Literal["refused", "retry", "unknown"]
    scope: str | None
    reason: str | None
    count: int
    last_at: datetime | None
    detail: str | None


class VendorAccountLine(BaseModel):
    """An account and its state: `closed` by its breaker until then, or `paused` by a person."""

    id: UUID
    name: str
    channel: str
    vendor: str
    rank: int
    state: Literal["open", "closed", "paused"]
    paused_at: datetime | None
    closed_until: datetime | None
    closed_reason: str | None
    rate: RateView | None
    revision: int = Field(description="counts edits; give it back with yours")
    created_at: datetime


class VendorAccountView(VendorAccountLine):
    """The same with its settings, and with the errors of the last quarter of an hour."""

    config: dict[str, JsonValue] | None = Field(
        description="secrets masked; null: no key of the keyring opens it"
    )
    errors: list[VendorErrorView]


class VendorAccountPage(BaseModel):
    """Accounts by channel, in the order in which they are asked."""

    items: list[VendorAccountLine]
    next: str | None


class VendorTestView(BaseModel):
    """The notification that was accepted: it tells what became of the test."""

    notification_id: UUID


def line(row: Mapping[str, Any]) -> VendorAccountLine:
    """From the repository's row."""
    return VendorAccountLine.model_validate({**row, "rate": _rate(row)})


def view(
    row: Mapping[str, Any], errors: Sequence[Mapping[str, Any]], keyring: Keyring
) -> VendorAccountView:
    """The whole."""
    more = {"rate": _rate(row), "config": vendor_settings.shown(row, keyring), "errors": errors}
    return VendorAccountView.model_validate({**row, **more})


def _rate(row: Mapping[str, Any]) -> dict[str, float] | None:
    if row["per_second"] is None:
        return None
    return {"per_second": row["per_second"], "reserve": row["reserve"]}
