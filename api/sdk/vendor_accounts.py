"""Accounts at vendors, in the order in which they are asked."""
# mypy: disable-error-code="empty-body"

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from api.sdk.calls import listing, operation
from api.sdk.resource import D, Resource

if TYPE_CHECKING:
    from api.sdk.models import (
        Channel,
        VendorAccountCreate,
        VendorAccountLine,
        VendorAccountPage,
        VendorAccountPatch,
        VendorAccountView,
        VendorOrder,
        VendorTest,
        VendorTestView,
    )
    from api.sdk.resource import Id


class VendorAccounts(Resource[D]):
    """Their secrets go in, and never come out."""

    @operation("POST", "/v1/vendor-accounts")
    def create(self, **body: Unpack[VendorAccountCreate]) -> VendorAccountView:
        """Make one. Its settings are checked; its secrets are sealed."""

    @listing("/v1/vendor-accounts")
    def list(
        self, *, channel: Channel | None = None, after: str | None = None, limit: int = 100
    ) -> VendorAccountLine:
        """Give all by channel, in the order in which they are asked."""

    @operation("PUT", "/v1/vendor-accounts/order")
    def order(self, **body: Unpack[VendorOrder]) -> VendorAccountPage:
        """Say in which order a channel's accounts are asked: all of them, once each."""

    @operation("GET", "/v1/vendor-accounts/{account_id}")
    def get(self, account_id: Id, /) -> VendorAccountView:
        """Read one: its state, its settings without secrets, what has gone wrong of late."""

    @operation("PATCH", "/v1/vendor-accounts/{account_id}")
    def edit(self, account_id: Id, /, **body: Unpack[VendorAccountPatch]) -> VendorAccountView:
        """Change name, settings, rank or rate."""

    @operation("DELETE", "/v1/vendor-accounts/{account_id}")
    def retire(self, account_id: Id, /) -> None:
        """Forget a paused account's settings; Conflict while messages need it."""

    @operation("POST", "/v1/vendor-accounts/{account_id}/pause")
    def pause(self, account_id: Id, /) -> VendorAccountView:
        """Claim nothing more through it; others take over."""

    @operation("POST", "/v1/vendor-accounts/{account_id}/resume")
    def resume(self, account_id: Id, /) -> VendorAccountView:
        """Ask it again."""

    @operation("POST", "/v1/vendor-accounts/{account_id}/test-send")
    def test_send(self, account_id: Id, /, **body: Unpack[VendorTest]) -> VendorTestView:
        """Send one real message through this account and no other."""
