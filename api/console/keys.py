"""API keys of the application: made, shown once, rotated, revoked by its admins."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import Response

from api.console.forms import FormFields, FormOnce
from api.console.routes import pages
from api.console.visits import Admin, StaffVisit
from api.deps import Session
from api.key_bodies import KeyCreate, KeyRotate
from api.pages import Page
from models.errors import Invalid
from models.key_grant import Grant
from models.keys import SCOPES
from models.new_key import Made, new_key
from models.repositories import api_keys

router = pages("/keys")


@router.get("")
async def list_keys(visit: Admin, session: Session, page: Page) -> Response:
    """The newest first; ended ones too."""
    after = UUID(page.after[0]) if page.after else None
    rows = await api_keys.page(session, visit.application_id, after, page.fetch)
    items, following = page.cut(rows, lambda row: [str(row["id"])])
    return visit.render("keys/list.html", items=items, next=following)


@router.get("/new")
async def new(visit: Admin) -> Response:
    """The form."""
    return visit.render("keys/new.html", scopes=SCOPES)


@router.post("")
async def create(visit: Admin, session: Session, form: FormOnce) -> Response:
    """Make one; it is shown in the answer and never again."""
    body = form.to(KeyCreate, **_more(form), scopes=form.every("scopes"))
    if unknown := next((scope for scope in body.scopes if scope not in SCOPES), None):
        raise Invalid(f"no scope {unknown[:100]}", field="scopes", reason="unknown_scope")
    grant = Grant(body.scopes, body.expires_at, body.requests_per_second)
    made = new_key(visit.application_id, body.name, body.owner, grant)
    await api_keys.create(session, made.row, visit.actor)
    return _shown(visit, made)


@router.get("/{key_id}")
async def key(visit: Admin, session: Session, key_id: UUID) -> Response:
    """One, and what can be done with it."""
    row = await api_keys.get(session, visit.application_id, key_id)
    return visit.render("keys/detail.html", row=row)


@router.post("/{key_id}/rotate")
async def rotate(visit: Admin, session: Session, key_id: UUID, form: FormOnce) -> Response:
    """Its successor, shown in the answer and never again; the old one works for a while."""
    hours = form.wanted("overlap_hours")
    if not hours.isdecimal() or int(hours) > 720:
        raise Invalid("want 0 to 720", field="overlap_hours", limit=720, reason="invalid")
    body = form.to(KeyRotate, **_more(form), overlap_seconds=int(hours) * 3600)
    old = await api_keys.get(session, visit.application_id, key_id)
    expires_at = body.expires_at or api_keys.renewed_until(old)
    grant = Grant(old["scopes"], expires_at, old["requests_per_second"])
    of = old["application_id"]
    made = new_key(of, old["name"], old["owner"], grant, old["lineage_id"])
    overlap = timedelta(seconds=body.overlap_seconds)
    await api_keys.rotate(session, old, made.row, overlap, visit.actor)
    return _shown(visit, made)


@router.post("/{key_id}/revoke")
async def revoke(visit: Admin, session: Session, key_id: UUID) -> Response:
    """It is refused everywhere within five seconds."""
    await api_keys.revoke(session, visit.application_id, key_id, visit.actor)
    return visit.to("/keys", visit.text("It is revoked."))


def _shown(visit: StaffVisit, made: Made) -> Response:
    return visit.instead("keys/made.html", "keys/made_part.html", key=made.secret, row=made.row)


def _more(form: FormFields) -> dict[str, Any]:
    """What is no text: a day, at whose beginning it ends, and a number."""
    more: dict[str, Any] = {}
    if "expires_at" in form:
        more["expires_at"] = f"{form['expires_at']}T00:00:00Z"
    if "requests_per_second" in form:
        try:
            more["requests_per_second"] = float(form["requests_per_second"])
        except ValueError:
            field = "requests_per_second"
            raise Invalid("want a number", field=field, reason="not_a_number") from None
    return more
