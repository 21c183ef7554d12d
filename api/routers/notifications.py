"""Notifications: accept one, list them, read one, cancel it."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.accepting import accept_one
from api.bodies import NotificationCreate, wanted
from api.deps import (
    Canceller,
    Reader,
    Reading,
    Receiving,
    Sender,
    Session,
    SingleWrite,
    Starts,
)
from api.idempotency import IdempotencyKey, answered, fingerprint_of, scope_of
from api.json_route import JsonRoute
from api.notification_cancels import cancelled
from api.notification_filters import OF_METADATA, NotificationFilters
from api.notification_list_views import NotificationPage, listed
from api.pages import Page
from api.views import (
    AcceptedView,
    CancelledView,
    NotificationView,
    notification_view,
)
from models.acceptance import accept
from models.repositories import idempotency, notifications, references
from models.repositories.idempotency import Answer
from models.repositories.notification_search import search

router = APIRouter(prefix="/v1/notifications", tags=["notifications"], route_class=JsonRoute)


@router.post("", status_code=202, response_model=AcceptedView)
async def create_notification(
    body: NotificationCreate,
    caller: Sender,
    session: SingleWrite,
    reception: Receiving,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Accept a notification: it is stored, and will be delivered or explained.

    The same `Idempotency-Key` and body get the same answer for seven days.
    """
    scope = scope_of(caller.application_id, "notifications", idempotency_key)
    fingerprint = fingerprint_of(body.model_dump(mode="json")) if scope else b""
    if scope and (answer := await idempotency.begin(session, scope, fingerprint)):
        return answered(answer, replayed=True)
    request = body.request()
    found = await references.load(session, caller.application_id, wanted([request]))
    contents = await reception.versions.load(
        session, [t.version_id for t in found.templates.values()]
    )
    may_raise = "priority:raise" in caller.scopes
    accepted = accept(request, found, contents, may_raise_priority=may_raise)
    view = await accept_one(session, caller.application_id, accepted, reception)
    answer = Answer(202, view.model_dump_json().encode())
    if scope:
        await idempotency.finish(session, scope, fingerprint, answer)
    return answered(answer)


@router.get("", openapi_extra=OF_METADATA)
async def list_notifications(
    caller: Reader, session: Reading, page: Page, filters: NotificationFilters
) -> NotificationPage:
    """List them, newest first, by filters that must all hold.

    Filters that rarely hold together are looked for step by step: a page may then have fewer than
    `limit`, even none, with a `next` that goes on.
    """
    after = UUID(page.after[0]) if page.after else None
    found = await search(session, caller.application_id, filters, after, page.limit)
    items = [listed(row) for row in found.rows]
    if filters.status:  # what has moved on since it was listed is no longer what was asked for
        items = [item for item in items if item.status is filters.status]
    return NotificationPage(items=items, next=found.after and page.cursor([str(found.after)]))


@router.get("/{notification_id}")
async def get_notification(
    notification_id: UUID, caller: Reader, session: Session
) -> NotificationView:
    """Read one, with its messages, attempts and timeline."""
    row = await notifications.get(session, caller.application_id, notification_id)
    messages = await notifications.messages(session, row)
    attempts = await notifications.attempts(session, row, messages)
    return notification_view(row, messages, attempts, await notifications.events(session, row))


@router.delete("/{notification_id}")
async def cancel_notification(
    notification_id: UUID,
    caller: Canceller,
    session: Session,
    starts: Starts,
) -> CancelledView:
    """Cancel one. PostgreSQL decides, Temporal up or down; the answer says what had gone."""
    return await cancelled(session, caller.application_id, notification_id, caller.key_id, starts)
