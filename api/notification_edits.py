"""Editing a notification until it is due: what may be changed, and what it is then."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator
from sqlalchemy import RowMapping as Row

from api.accepted_again import accepted_again
from api.bodies import Body, Channels, Content, Data, Metadata, Priority, Seconds, SendAt
from api.views import notification_status
from models.acceptance import Accepted, Request
from models.errors import Conflict
from models.notification_again import request_of
from models.repositories.api_keys import Caller
from models.repositories.templates import VersionCache
from models.sessions import Session

RAISING = "priority:raise"


class NotificationPatch(Body):
    """What shall be otherwise. Whatever is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"data": {"name": "Ada King"}, "metadata": {"order": "4711"}, "revision": 0},
                {"expires_in": 2_592_000, "priority": "low"},
            ]
        }
    )

    send_at: SendAt | None = None
    expires_in: Seconds | None = Field(
        None, description="seconds from this edit; without it the life it has, from when it is due"
    )
    data: Data | None = Field(None, description="all of it")
    content: Content | None = Field(None, description="all of it, instead of a template too")
    metadata: Metadata | None = Field(None, description="all of it")
    channels: Channels | None = None
    priority: Priority | None = None
    revision: int | None = Field(
        None, ge=0, le=2**31 - 1, description="as you read it: refused if it was changed since"
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.changed():
            raise ValueError("nothing to change")
        if any(getattr(self, name) is None for name in self.model_fields_set):
            raise ValueError("null is no value: leave out what shall stay")
        return self

    def changed(self) -> set[str]:
        """What the caller named."""
        return self.model_fields_set - {"revision"}

    def of(self, row: Row) -> Request:
        """The request as it would be now."""
        changes: dict[str, Any] = {
            name: getattr(self, name)
            for name in self.changed() & {"data", "metadata", "priority", "send_at", "expires_in"}
        }
        if self.channels:
            changes["channels"] = tuple(dict.fromkeys(c.value for c in self.channels))
        if self.content:
            changes |= {"template": None, "content": self.content.model_dump(exclude_none=True)}
        return replace(request_of(row), **{"send_at": row["due_at"], **changes})


async def edited(
    session: Session, row: Row, body: NotificationPatch, caller: Caller, versions: VersionCache
) -> Accepted:
    """As it shall be, by the same rules as when it was accepted; Conflict: somebody was faster."""
    if body.revision not in (None, row["revision"]):
        raise changed_meanwhile(row)
    may_raise = "priority" not in body.changed() or RAISING in caller.scopes
    return await accepted_again(session, row, body.of(row), versions, may_raise=may_raise)


def changed_meanwhile(row: Row) -> Conflict:
    """Another edit came first."""
    now = row["revision"]
    detail = f"it was changed meanwhile: read it again, it is at revision {now}"
    return Conflict(detail, field="revision", limit=now, reason="revision_changed")


def too_late(row: Row, messages: Sequence[Row]) -> Conflict:
    """Whatever had already happened."""
    done = [
        f"{message['channel']}: {message['result'] or message['phase']}" for message in messages
    ]
    status = notification_status(row, messages)
    said = f"it is {status}" + (f" ({', '.join(done)})" if done else "")
    due = f"{row['due_at']:%Y-%m-%dT%H:%M:%SZ}"
    return Conflict(f"it was due at {due}; {said}", limit=status.value, reason="too_late")
