"""Sending again what has ended."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pydantic import ConfigDict, Field
from sqlalchemy import RowMapping as Row

from api.accepted_again import accepted_again
from api.bodies import Body, Seconds, SendAt
from api.views import notification_status
from models.acceptance import Accepted
from models.errors import Conflict
from models.notification_again import request_of
from models.repositories.templates import VersionCache
from models.sessions import Session


class ResendCreate(Body):
    """What is otherwise this time; `{}` is the same again."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{}, {"template_version": "published"}]}
    )

    template_version: Literal["same", "published"] = Field(
        "same", description="the version it was accepted with, or the one published now"
    )
    send_at: SendAt | None = None
    expires_in: Seconds | None = Field(None, description="seconds from now")


async def resent(
    session: Session, row: Row, body: ResendCreate, versions: VersionCache, *, may_raise: bool
) -> Accepted:
    """The new notification, by the rules of today."""
    request = replace(request_of(row), send_at=body.send_at, expires_in=body.expires_in)
    newest = body.template_version == "published"
    return await accepted_again(
        session, row, request, versions, published=newest, may_raise=may_raise
    )


def still_open(row: Row, messages: Sequence[Row]) -> Conflict:
    """It may still arrive by itself."""
    status = notification_status(row, messages)
    detail = f"it is {status} and has not ended: cancel it first, or wait for its end"
    return Conflict(detail, limit=status.value, reason="not_ended")
