"""The application's keys, never what they are: a new one is shown once."""
# mypy: disable-error-code="empty-body"

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from api.sdk.calls import listing, operation
from api.sdk.resource import D, Resource

if TYPE_CHECKING:
    from api.sdk.models import KeyCreate, KeyRotate, KeyView, NewKeyView, RotatedKeyView
    from api.sdk.resource import Id


class Keys(Resource[D]):
    """With scopes of the calling key's own at most."""

    @operation("POST", "/v1/keys")
    def create(self, **body: Unpack[KeyCreate]) -> NewKeyView:
        """Make one. It is shown in this answer and never again."""

    @listing("/v1/keys")
    def list(self, *, after: str | None = None, limit: int = 100) -> KeyView:
        """Give all, the newest first; ended ones too."""

    @operation("GET", "/v1/keys/{key_id}")
    def get(self, key_id: Id, /) -> KeyView:
        """Read one."""

    @operation("DELETE", "/v1/keys/{key_id}")
    def revoke(self, key_id: Id, /) -> None:
        """Revoke it: refused everywhere within five seconds."""

    @operation("POST", "/v1/keys/{key_id}/rotate")
    def rotate(self, key_id: Id, /, **body: Unpack[KeyRotate]) -> RotatedKeyView:
        """Make its successor; both work until the overlap ends."""
