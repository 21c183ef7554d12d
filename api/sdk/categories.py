"""What kinds of notifications there are: priority, channels, expiry, caps."""
# mypy: disable-error-code="empty-body"

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from api.sdk.calls import listing, operation
from api.sdk.resource import D, Resource

if TYPE_CHECKING:
    from api.sdk.models import CategoryCreate, CategoryPatch, CategoryView


class Categories(Resource[D]):
    """By their names."""

    @operation("POST", "/v1/categories")
    def create(self, **body: Unpack[CategoryCreate]) -> CategoryView:
        """Make one. A deleted one of that name comes back, as it is described now."""

    @listing("/v1/categories")
    def list(self, *, after: str | None = None, limit: int = 100) -> CategoryView:
        """Give all, by name."""

    @operation("GET", "/v1/categories/{name}")
    def get(self, name: str, /) -> CategoryView:
        """Read one."""

    @operation("PATCH", "/v1/categories/{name}")
    def edit(self, name: str, /, **body: Unpack[CategoryPatch]) -> CategoryView:
        """Change it, for what is accepted from now on."""

    @operation("DELETE", "/v1/categories/{name}")
    def delete(self, name: str, /) -> None:
        """Delete it; Conflict names what uses it."""
