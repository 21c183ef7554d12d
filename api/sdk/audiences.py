"""Files of people, for any number of campaigns."""
# mypy: disable-error-code="empty-body"

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, BinaryIO, Literal, Unpack

from api.sdk.calls import listing, operation, procedure
from api.sdk.resource import D, Resource
from api.sdk.steps import Steps
from api.sdk.uploading import uploading

if TYPE_CHECKING:
    from api.sdk.models import (
        AudienceCreate,
        AudienceDetailView,
        AudienceSampleView,
        RefusalView,
    )
    from api.sdk.resource import Id


class Audiences(Resource[D]):
    """Made, uploaded in one go or in parts, and read."""

    @operation("POST", "/v1/audiences")
    def create(
        self, *, idempotency_key: str | None = None, **body: Unpack[AudienceCreate]
    ) -> AudienceDetailView:
        """Make an audience, to be uploaded."""

    @operation("GET", "/v1/audiences/{audience_id}")
    def get(self, audience_id: Id, /) -> AudienceDetailView:
        """Say how far its upload is, and what was refused."""

    @operation("PUT", "/v1/audiences/{audience_id}/content", repeatable=False)
    def put(
        self,
        audience_id: Id,
        /,
        content: bytes | Iterable[bytes],
        *,
        upload_offset: int = 0,
        upload_complete: Literal["?0", "?1"] = "?1",
    ) -> AudienceDetailView:
        """Upload one part of it; `upload` makes parts, and goes on after a broken connection."""

    @listing("/v1/audiences/{audience_id}/refusals", items="refusals")
    def refusals(self, audience_id: Id, /, *, after: int = 0, limit: int = 100) -> RefusalView:
        """Give what was refused, by line."""

    @operation("GET", "/v1/audiences/{audience_id}/sample")
    def sample(self, audience_id: Id, /, *, size: int = 10) -> AudienceSampleView:
        """Show some of its rows."""

    @procedure
    def upload(
        self,
        audience_id: Id,
        /,
        file: BinaryIO,
        *,
        told: Callable[[int, AudienceDetailView], None] | None = None,
    ) -> Steps[AudienceDetailView]:
        """Upload what is not stored yet of a file that can be gone back in.

        Called again after whatever stopped it, it goes on where the API is. `told`: bytes that were
        sent, and the audience as last seen.
        """
        view: AudienceDetailView = yield from uploading(
            self.driver.core, str(audience_id), file, told
        )
        return view
