"""Is the API alive, and is it ready?"""
# mypy: disable-error-code="empty-body"

from __future__ import annotations

from typing import TYPE_CHECKING

from api.sdk.calls import operation
from api.sdk.resource import D, Resource

if TYPE_CHECKING:
    from api.sdk.models import ReadyView


class Health(Resource[D]):
    """They need no key."""

    @operation("GET", "/health/live")
    def live(self) -> dict[str, str]:
        """The process runs."""

    @operation("GET", "/health/ready")
    def ready(self) -> ReadyView:
        """It can do its work; Unavailable, after patience, if it cannot."""
