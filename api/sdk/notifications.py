"""One notification to one person."""
# mypy: disable-error-code="empty-body"

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Unpack

from api.sdk.calls import listing, operation, procedure, stream
from api.sdk.problems import NotEnded
from api.sdk.resource import D, Resource
from api.sdk.steps import Sleep, Steps

if TYPE_CHECKING:
    from api.sdk.models import (
        AcceptedView,
        CancelledView,
        Channel,
        EventView,
        ListedNotification,
        NotificationCreate,
        NotificationPatch,
        NotificationView,
        ResendCreate,
        Status,
    )
    from api.sdk.resource import Id

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0


class Notifications(Resource[D]):
    """Send, look at, cancel."""

    @operation("POST", "/v1/notifications")
    def send(
        self, *, idempotency_key: str | None = None, **body: Unpack[NotificationCreate]
    ) -> AcceptedView:
        """Accept one: delivered or explained. Asked again, it is accepted once."""

    @listing("/v1/notifications")
    def list(
        self,
        *,
        after: str | None = None,
        limit: int = 100,
        category: str | None = None,
        priority: Literal["high", "medium", "low"] | None = None,
        channel: Channel | None = None,
        status: Status | None = None,
        profile: str | None = None,
        group: str | None = None,
        from_: datetime | str | None = None,
        to: datetime | str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> ListedNotification:
        """Give those for which all filters hold, the newest first."""

    @operation("GET", "/v1/notifications/{notification_id}")
    def get(self, notification_id: Id, /) -> NotificationView:
        """Answer with its messages, their attempts and its timeline."""

    @operation("DELETE", "/v1/notifications/{notification_id}")
    def cancel(self, notification_id: Id, /) -> CancelledView:
        """Stop what was not sent; `outcome` says what it found."""

    @operation("PATCH", "/v1/notifications/{notification_id}")
    def edit(self, notification_id: Id, /, **body: Unpack[NotificationPatch]) -> NotificationView:
        """Change one that is not yet due, all of it or nothing."""

    @operation("POST", "/v1/notifications/{notification_id}/resend")
    def resend(
        self,
        notification_id: Id,
        /,
        *,
        idempotency_key: str | None = None,
        **body: Unpack[ResendCreate],
    ) -> AcceptedView:
        """Accept it once more, as another notification whose `resend_of` names this one."""

    @stream("/v1/notifications/{notification_id}/events", "timeline")
    def events(self, notification_id: Id, /, *, last_event_id: str | None = None) -> EventView:
        """Give its timeline, what was and what comes, until it has ended."""

    @procedure
    def wait(
        self, notification_id: Id, /, *, timeout: float | None = None
    ) -> Steps[NotificationView]:
        """Ask until it has ended; NotEnded after `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        pause = FIRST_PAUSE_SECONDS
        while True:
            view = yield from Notifications.get.steps(self, notification_id)
            if view["ended_at"]:
                return view
            if until is not None and time.monotonic() + pause > until:
                raise NotEnded(f"{notification_id} is {view['status']} after {timeout:g} s", view)
            yield Sleep(pause)
            pause = min(1.5 * pause, LONGEST_PAUSE_SECONDS)
