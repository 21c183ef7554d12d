"""Addresses to which nothing is sent."""
# mypy: disable-error-code="empty-body"

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from api.sdk.calls import listing, operation
from api.sdk.resource import D, Resource

if TYPE_CHECKING:
    from api.sdk.models import Channel, SuppressionCreate, SuppressionView
    from api.sdk.resource import Id


class Suppressions(Resource[D]):
    """Added by you, by vendors' refusals, by recipients."""

    @operation("POST", "/v1/suppressions")
    def create(self, **body: Unpack[SuppressionCreate]) -> SuppressionView:
        """Send nothing to this address any more."""

    @listing("/v1/suppressions")
    def list(
        self,
        *,
        after: str | None = None,
        limit: int = 100,
        channel: Channel | None = None,
        address: str | None = None,
        reason: str | None = None,
    ) -> SuppressionView:
        """Give all, the newest first."""

    @operation("GET", "/v1/suppressions/{suppression_id}")
    def get(self, suppression_id: Id, /) -> SuppressionView:
        """Read one: why, since when, and by whom."""

    @operation("DELETE", "/v1/suppressions/{suppression_id}")
    def lift(self, suppression_id: Id, /) -> SuppressionView:
        """Lift it; the answer is what it was."""
