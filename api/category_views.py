"""What callers see of categories."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel


class CategoryView(BaseModel):
    """A category; `expires_after` in seconds."""

    name: str
    priority: str
    priority_fixed: bool
    channels: list[str]
    channel_mode: str
    mandatory: bool
    expires_after: int
    on_unknown: str
    created_at: datetime


class CategoryPage(BaseModel):
    """Some of them; `next`: the cursor of the page behind."""

    items: list[CategoryView]
    next: str | None


def category_view(row: Mapping[str, Any]) -> CategoryView:
    """From the repository's row."""
    seconds = int(row["expires_after"].total_seconds())
    return CategoryView.model_validate({**row, "expires_after": seconds})
