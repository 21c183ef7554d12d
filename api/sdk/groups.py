"""Named sets of profiles."""
# mypy: disable-error-code="empty-body"

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, Unpack

from api.sdk.calls import listing, operation, procedure
from api.sdk.ndjson import NDJSON, in_bulk
from api.sdk.request import encoded
from api.sdk.resource import D, Resource
from api.sdk.steps import Steps

if TYPE_CHECKING:
    from api.sdk.models import (
        GroupCreate,
        GroupPatch,
        GroupView,
        MembersBulkView,
        MembersChange,
        MembersReplace,
        MembersView,
        ProfileView,
    )
    from api.sdk.resource import Id


class Groups(Resource[D]):
    """Made, filled, and named by campaigns."""

    @operation("POST", "/v1/groups")
    def create(self, **body: Unpack[GroupCreate]) -> GroupView:
        """Make one, without members."""

    @listing("/v1/groups")
    def list(self, *, name: str = "", after: str | None = None, limit: int = 100) -> GroupView:
        """Give all by name, and how many are in each."""

    @operation("GET", "/v1/groups/{group_id}")
    def get(self, group_id: Id, /) -> GroupView:
        """Read one, and how many are in it."""

    @operation("PATCH", "/v1/groups/{group_id}")
    def edit(self, group_id: Id, /, **body: Unpack[GroupPatch]) -> GroupView:
        """Rename or describe it."""

    @operation("DELETE", "/v1/groups/{group_id}")
    def delete(self, group_id: Id, /) -> None:
        """Delete it, not its members; Conflict names the campaign that needs it."""

    @listing("/v1/groups/{group_id}/members")
    def members(
        self, group_id: Id, /, *, after: str | None = None, limit: int = 100
    ) -> ProfileView:
        """Give them as profiles, the oldest first."""

    @operation("POST", "/v1/groups/{group_id}/members")
    def change_members(self, group_id: Id, /, **body: Unpack[MembersChange]) -> MembersView:
        """Add and remove up to 1,000 each; unknown external ids are named."""

    @operation("PUT", "/v1/groups/{group_id}/members")
    def replace_members(self, group_id: Id, /, **body: Unpack[MembersReplace]) -> MembersView:
        """Make it these, and nobody else: up to 1,000."""

    @operation("POST", "/v1/groups/{group_id}/members/bulk", content_type=NDJSON, repeatable=True)
    def bulk(
        self,
        group_id: Id,
        /,
        content: bytes,
        *,
        mode: Literal["add", "remove", "replace"] = "add",
    ) -> MembersBulkView:
        """Add, remove or replace up to 100,000 in one call, a JSON object a line."""

    @procedure
    def add(self, group_id: Id, external_ids: Iterable[str], /) -> Steps[MembersBulkView]:
        """Add any number. Refusals name the member by `line`, from 1."""
        members = (encoded({"external_id": each}) for each in external_ids)
        calls = in_bulk(members, lambda content: Groups.bulk.steps(self, group_id, content))
        view: MembersBulkView = yield from calls
        return view
