"""Notifications once more: edited until they are due, sent again once they have ended."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Response

from api.accepting import accept_one
from api.deps import Receiving, Sender, Session, Starts, Versions, after_commit
from api.idempotency import IdempotencyKey, answered, fingerprint_of, scope_of
from api.json_route import JsonRoute
from api.notification_edits import RAISING, NotificationPatch, changed_meanwhile, edited, too_late
from api.notification_resends import ResendCreate, resent, still_open
from api.views import (
    AcceptedView,
    NotificationView,
    notification_status,
    notification_view,
)
from models.repositories import idempotency, notification_edits, notifications
from models.repositories.idempotency import Answer
from models.status import Status

router = APIRouter(prefix="/v1/notifications", tags=["notifications"], route_class=JsonRoute)
CONFLICTS: dict[int | str, Any] = {409: {"description": "Too late, or not as it is now."}}


@router.patch("/{notification_id}", responses=CONFLICTS)
async def edit_notification(
    notification_id: UUID,
    body: NotificationPatch,
    caller: Sender,
    session: Session,
    starts: Starts,
    versions: Versions,
) -> NotificationView:
    """Change one that is not yet due, all of it or nothing. PostgreSQL decides, Temporal or not.

    Too late is a 409 that says what had already happened.
    """
    row = await notifications.get(session, caller.application_id, notification_id)
    messages = await notifications.messages(session, row)
    if notification_status(row, messages) is not Status.SCHEDULED:
        raise too_late(row, messages)
    accepted = await edited(session, row, body, caller, versions)
    done = await notification_edits.edit(session, row, accepted, body.changed(), caller.key_id)
    now = await notifications.get(session, caller.application_id, notification_id)
    if done is None:
        messages = await notifications.messages(session, now)
        if now["revision"] != row["revision"] and not now["cancelled_at"]:
            raise changed_meanwhile(now)
        raise too_late(now, messages)
    if done.owner_id:  # perhaps a batch that has taken it meanwhile
        after_commit(
            session, partial(starts.wake, f"{row['owner_kind'] or 'batch'}/{done.owner_id}")
        )
    if done.start:
        after_commit(session, partial(starts.offer, done.start))
    return notification_view(now, [], [], await notifications.events(session, now))


@router.post(
    "/{notification_id}/resend",
    status_code=202,
    response_model=AcceptedView,
    responses=CONFLICTS,
)
async def resend_notification(
    notification_id: UUID,
    body: Annotated[ResendCreate, Body(default_factory=ResendCreate)],
    caller: Sender,
    session: Session,
    reception: Receiving,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Accept it once more, as another notification whose `resend_of` names this one.

    Everything is decided afresh: contacts, suppressions, accounts. While this one is open it is
    refused: it may still arrive by itself.
    """
    scope = scope_of(caller.application_id, f"resend/{notification_id}", idempotency_key)
    fingerprint = fingerprint_of(body.model_dump(mode="json")) if scope else b""
    if scope and (answer := await idempotency.begin(session, scope, fingerprint)):
        return answered(answer, replayed=True)
    row = await notifications.get(session, caller.application_id, notification_id)
    if row["ended_at"] is None:
        raise still_open(row, await notifications.messages(session, row))
    accepted = await resent(
        session, row, body, reception.versions, may_raise=RAISING in caller.scopes
    )
    view = await accept_one(
        session, caller.application_id, accepted, reception, resend_of=row["id"]
    )
    await notifications.tell_resent(session, row, caller.key_id)
    answer = Answer(202, view.model_dump_json().encode())
    if scope:
        await idempotency.finish(session, scope, fingerprint, answer)
    return answered(answer)
