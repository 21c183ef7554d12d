"""Templates: their versions, and which of them is published."""
# mypy: disable-error-code="empty-body"

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from api.sdk.calls import listing, operation
from api.sdk.resource import D, Resource

if TYPE_CHECKING:
    from api.sdk.models import (
        DiffView,
        MessagePreview,
        PreviewAsked,
        Publish,
        RollBack,
        TemplateCreate,
        TemplateLine,
        TemplatePatch,
        TemplateView,
        VersionCreate,
        VersionView,
    )


class Templates(Resource[D]):
    """By their names; versions by their numbers."""

    @operation("POST", "/v1/templates")
    def create(self, **body: Unpack[TemplateCreate]) -> TemplateView:
        """Make one, with its first version as a draft."""

    @listing("/v1/templates")
    def list(
        self,
        *,
        search: str = "",
        category: str | None = None,
        archived: bool = False,
        after: str | None = None,
        limit: int = 100,
    ) -> TemplateLine:
        """Give all, by name."""

    @operation("GET", "/v1/templates/{name}")
    def get(self, name: str, /) -> TemplateView:
        """Read one, with its versions and publishes."""

    @operation("PATCH", "/v1/templates/{name}")
    def edit(self, name: str, /, **body: Unpack[TemplatePatch]) -> TemplateView:
        """Put it into another category, for what is accepted from now on."""

    @operation("DELETE", "/v1/templates/{name}")
    def delete(self, name: str, /) -> None:
        """Delete it: sends with it are refused. Conflict names what uses it."""

    @operation("POST", "/v1/templates/{name}/versions")
    def add_version(self, name: str, /, **body: Unpack[VersionCreate]) -> VersionView:
        """Add a version, as a draft."""

    @operation("GET", "/v1/templates/{name}/versions/{number}")
    def version(self, name: str, number: int, /) -> VersionView:
        """Read a version, with its content."""

    @operation("GET", "/v1/templates/{name}/versions/{number}/diff/{other}")
    def diff(self, name: str, number: int, other: int, /) -> DiffView:
        """Compare two versions, part by part."""

    @operation("POST", "/v1/templates/{name}/preview")
    def preview(self, name: str, /, **body: Unpack[PreviewAsked]) -> MessagePreview:
        """Render a version, or a content that is not saved; nothing is sent."""

    @operation("POST", "/v1/templates/{name}/versions/{number}/publish")
    def publish(self, name: str, number: int, /, **body: Unpack[Publish]) -> TemplateView:
        """Publish a version: it counts from the next request on."""

    @operation("POST", "/v1/templates/{name}/rollback")
    def roll_back(self, name: str, /, **body: Unpack[RollBack]) -> TemplateView:
        """Publish an earlier version again."""
