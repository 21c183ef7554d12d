"""People who receive, and their contacts."""
# mypy: disable-error-code="empty-body"

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Unpack

from api.sdk.calls import listing, operation, procedure
from api.sdk.ndjson import NDJSON, in_bulk
from api.sdk.request import encoded
from api.sdk.resource import D, Resource
from api.sdk.steps import Steps

if TYPE_CHECKING:
    from api.sdk.models import (
        BulkView,
        Channel,
        ContactCreate,
        ContactPatch,
        ProfileCreate,
        ProfileDeletedView,
        ProfileMerge,
        ProfilePatch,
        ProfileView,
    )
    from api.sdk.resource import Id


class Profiles(Resource[D]):
    """By our id, or by yours as `ext:4711`."""

    @operation("POST", "/v1/profiles")
    def create(self, **body: Unpack[ProfileCreate]) -> ProfileView:
        """Make one, with its contacts."""

    @listing("/v1/profiles")
    def list(
        self,
        *,
        after: str | None = None,
        limit: int = 100,
        external_id: str | None = None,
        name: str | None = None,
        address: str | None = None,
        channel: Channel | None = None,
        group_id: Id | None = None,
    ) -> ProfileView:
        """Give all, the newest first; those of an external id's beginning in its order."""

    @operation("GET", "/v1/profiles/{profile_id}")
    def get(self, profile_id: str, /) -> ProfileView:
        """Read one, with its contacts and groups."""

    @operation("PATCH", "/v1/profiles/{profile_id}")
    def edit(self, profile_id: str, /, **body: Unpack[ProfilePatch]) -> ProfileView:
        """Change it as you read it: Conflict if somebody else has changed it since."""

    @operation("DELETE", "/v1/profiles/{profile_id}")
    def delete(self, profile_id: str, /) -> ProfileDeletedView:
        """Delete it with its contacts; what is on its way to it is cancelled."""

    @operation("POST", "/v1/profiles/{profile_id}/merge")
    def merge(self, profile_id: str, /, **body: Unpack[ProfileMerge]) -> ProfileView:
        """Make it one with another: contacts, groups and history move."""

    @operation("POST", "/v1/profiles/{profile_id}/contacts")
    def add_contact(self, profile_id: str, /, **body: Unpack[ContactCreate]) -> ProfileView:
        """Add an address."""

    @operation("PATCH", "/v1/profiles/{profile_id}/contacts/{contact_id}")
    def rank_contact(
        self, profile_id: str, contact_id: Id, /, **body: Unpack[ContactPatch]
    ) -> ProfileView:
        """Change its rank: the lowest of a channel is told."""

    @operation("DELETE", "/v1/profiles/{profile_id}/contacts/{contact_id}")
    def remove_contact(self, profile_id: str, contact_id: Id, /) -> ProfileView:
        """Remove an address."""

    @operation("POST", "/v1/profiles/bulk", content_type=NDJSON, repeatable=True)
    def bulk(self, content: bytes, /) -> BulkView:
        """Make or change up to 100,000 in one call, a JSON object a line."""

    @procedure
    def upsert(self, people: Iterable[ProfileCreate], /) -> Steps[BulkView]:
        """Make or change any number by their `external_id`.

        A field that is not named stays as it is. Refusals name the person by `line`, from 1.
        """
        return (yield from Profiles.upsert_lines.steps(self, map(encoded, people)))

    @procedure
    def upsert_lines(self, lines: Iterable[bytes], /) -> Steps[BulkView]:
        """The same, of people that are JSON already."""
        calls = in_bulk(lines, lambda content: Profiles.bulk.steps(self, content))
        view: BulkView = yield from calls
        return view
