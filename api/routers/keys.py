"""Keys of the caller's application. None can do more than the key that makes it."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Response

from api.deps import KeyReader, KeyWriter, Session, Usual, actor_of
from api.json_route import JsonRoute
from api.key_bodies import KeyCreate, KeyRotate
from api.key_views import KeyPage, KeyView, NewKeyView, RotatedKeyView
from api.pages import Page
from models import key_grant
from models.key_grant import Grant
from models.new_key import new_key
from models.repositories import api_keys

router = APIRouter(prefix="/v1/keys", tags=["keys"], route_class=JsonRoute)
CONFLICT: dict[int | str, Any] = {409: {"description": "Not live, or two of it are."}}


@router.post("", status_code=201)
async def create_key(
    body: KeyCreate, caller: KeyWriter, session: Session, usual: Usual
) -> NewKeyView:
    """Make one. It is shown in this answer and never again."""
    grant = Grant(body.scopes, body.expires_at, body.requests_per_second)
    key_grant.check(grant, caller, usual)
    key_grant.check_owner(grant, body.owner, caller)
    made = new_key(caller.application_id, body.name, body.owner, grant)
    await api_keys.create(session, made.row, actor_of(caller))
    row = await api_keys.get(session, caller.application_id, made.row.id)
    return NewKeyView.model_validate({**row, "key": made.secret})


@router.get("")
async def list_keys(caller: KeyReader, session: Session, page: Page) -> KeyPage:
    """List them, the newest first; ended ones too."""
    after = UUID(page.after[0]) if page.after else None
    rows = await api_keys.page(session, caller.application_id, after, page.fetch)
    items, following = page.cut(rows, lambda row: [str(row["id"])])
    return KeyPage(items=[KeyView.model_validate(row) for row in items], next=following)


@router.get("/{key_id}")
async def get_key(key_id: UUID, caller: KeyReader, session: Session) -> KeyView:
    """Read one: never the key itself."""
    return KeyView.model_validate(await api_keys.get(session, caller.application_id, key_id))


@router.post("/{key_id}/rotate", status_code=201, responses=CONFLICT)
async def rotate_key(
    key_id: UUID,
    body: Annotated[KeyRotate, Body(default_factory=KeyRotate)],
    caller: KeyWriter,
    session: Session,
    usual: Usual,
) -> RotatedKeyView:
    """Make its successor, with the same scopes. Both work until the overlap ends, then the new one.

    Without an `expires_at` the new one lives as long as the old one was made for.
    """
    old = await api_keys.get(session, caller.application_id, key_id)
    expires_at = body.expires_at or api_keys.renewed_until(old)
    grant = Grant(old["scopes"], expires_at, old["requests_per_second"])
    key_grant.check(grant, caller, usual)
    key_grant.check_owner(grant, old["owner"], caller)
    made = new_key(old["application_id"], old["name"], old["owner"], grant, old["lineage_id"])
    overlap = timedelta(seconds=body.overlap_seconds)
    until = await api_keys.rotate(session, old, made.row, overlap, actor_of(caller))
    row = await api_keys.get(session, caller.application_id, made.row.id)
    return RotatedKeyView.model_validate({**row, "key": made.secret, "old_key_until": until})


@router.delete("/{key_id}", status_code=204, response_class=Response)
async def revoke_key(key_id: UUID, caller: KeyWriter, session: Session) -> None:
    """Revoke it: refused everywhere within five seconds. Again is the same."""
    await api_keys.revoke(session, caller.application_id, key_id, actor_of(caller))
