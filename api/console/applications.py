"""Applications of the platform, for admins of all of them."""

from datetime import time
from typing import Any
from uuid import UUID

from fastapi import Response

from api.console.forms import Form, FormFields, FormOnce, validated
from api.console.routes import pages
from api.console.visits import AdminOfAll
from api.deps import Session
from api.fields import time_zone
from api.key_bodies import ApplicationPatch
from api.pages import Page
from models.errors import Invalid
from models.repositories import application_directory

router = pages("/applications")


@router.get("")
async def list_applications(visit: AdminOfAll, session: Session, page: Page) -> Response:
    """All, by name."""
    after = page.after[0] if page.after else None
    rows = await application_directory.page(session, after, page.fetch)
    items, following = page.cut(rows, lambda row: [row["name"]])
    return visit.render("applications/list.html", items=items, next=following)


@router.get("/new")
async def new(visit: AdminOfAll) -> Response:
    """The form."""
    return visit.render("applications/edit.html", row=None)


@router.post("")
async def create(visit: AdminOfAll, session: Session, form: FormOnce) -> Response:
    """Make one, with the usual categories."""
    columns = _columns(form)
    name = columns.pop("name")
    await application_directory.create(session, name, columns, visit.actor)
    said = visit.text("It is made. It needs a key and vendor accounts of its own.")
    return visit.to("/applications", said)


@router.get("/{application_id}")
async def application(visit: AdminOfAll, session: Session, application_id: UUID) -> Response:
    """One, and what can be changed."""
    row = await application_directory.get(session, application_id)
    return visit.render("applications/edit.html", row=row)


@router.post("/{application_id}")
async def change(visit: AdminOfAll, session: Session, application_id: UUID, form: Form) -> Response:
    """Name, clock, off-hours window, limit."""
    await application_directory.edit(session, application_id, _columns(form), visit.actor)
    return visit.to("/applications", visit.text("It is saved."))


def _columns(form: FormFields) -> dict[str, Any]:
    """All of the form; an empty limit is none."""
    limit = None
    if "requests_per_second" in form:
        try:
            limit = float(form["requests_per_second"])
        except ValueError:
            field = "requests_per_second"
            raise Invalid("want a number", field=field, reason="not_a_number") from None
    asked = {
        "name": form.wanted("name"),
        "time_zone": form.wanted("time_zone"),
        "off_hours": {"begins": form.wanted("begins"), "ends": form.wanted("ends")},
        "requests_per_second": limit,
    }
    body = validated(ApplicationPatch, asked)
    return {
        "name": asked["name"],
        "time_zone": time_zone(form["time_zone"], "time_zone"),
        "off_hours_from": time.fromisoformat(form["begins"]),
        "off_hours_to": time.fromisoformat(form["ends"]),
        "requests_per_second": body.requests_per_second,
    }
