"""What staff and keys have done: append-only, and chained."""
# mypy: disable-error-code="empty-body"

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from api.sdk.calls import listing
from api.sdk.resource import D, Resource

if TYPE_CHECKING:
    from api.sdk.models import AuditEntryView
    from api.sdk.resource import Id


class AuditLog(Resource[D]):
    """Of the application."""

    @listing("/v1/audit-log")
    def list(
        self,
        *,
        after: str | None = None,
        limit: int = 100,
        actor_id: Id | None = None,
        actor: str | None = None,
        action: str | None = None,
        subject_kind: str | None = None,
        subject_id: str | None = None,
        from_: datetime | str | None = None,
        to: datetime | str | None = None,
    ) -> AuditEntryView:
        """Give all, the newest first."""
