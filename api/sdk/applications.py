"""The platform's applications; for keys that look after it."""
# mypy: disable-error-code="empty-body"

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from api.sdk.calls import listing, operation
from api.sdk.resource import D, Resource

if TYPE_CHECKING:
    from api.sdk.models import (
        ApplicationCreate,
        ApplicationPatch,
        ApplicationView,
        NewApplicationView,
    )
    from api.sdk.resource import Id


class Applications(Resource[D]):
    """Each with its own keys, templates, people and vendor accounts."""

    @operation("POST", "/v1/applications")
    def create(self, **body: Unpack[ApplicationCreate]) -> NewApplicationView:
        """Make one, with a first key that is shown now and never again."""

    @listing("/v1/applications")
    def list(self, *, after: str | None = None, limit: int = 100) -> ApplicationView:
        """Give all of the platform, by name."""

    @operation("GET", "/v1/applications/{application_id}")
    def get(self, application_id: Id, /) -> ApplicationView:
        """Read one."""

    @operation("PATCH", "/v1/applications/{application_id}")
    def edit(self, application_id: Id, /, **body: Unpack[ApplicationPatch]) -> ApplicationView:
        """Change its name, its clock, its off-hours window or its keys' limit."""
