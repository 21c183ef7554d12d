"""By what notifications are listed; pure. None and empty: whatever it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from models.status import Status


@dataclass(frozen=True, slots=True)
class Filters:
    """All of them must hold. `since` is part of the range, `until` is not."""

    category: str | None = None
    priority: str | None = None
    channel: str | None = None
    status: Status | None = None
    profile: str | None = None  # its id, or the caller's
    group: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
