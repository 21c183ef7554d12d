"""Categories: what kinds of notifications there are, and what follows from each."""

from math import inf
from typing import Annotated, Any

from babel import Locale
from babel.dates import format_timedelta
from fastapi import Path, Response

from api.category_bodies import CategoryCreate, CategoryPatch
from api.console import texts
from api.console.forms import Form, FormFields, FormOnce
from api.console.routes import pages
from api.console.visits import Author, Reader
from api.deps import Session
from api.fields import ONE_LINE
from api.pages import Page
from models.errors import Invalid
from models.messages import Channel
from models.repositories import categories

router = pages("/categories")
Name = Annotated[str, Path(max_length=100, pattern=ONE_LINE)]
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}


@router.get("")
async def list_categories(visit: Reader, session: Session, page: Page) -> Response:
    """All, by name."""
    after = page.after[0] if page.after else None
    rows = await categories.page(session, visit.application_id, after, page.fetch)
    items, following = page.cut(rows, lambda row: [row["name"]])
    locale = texts.LOCALES[visit.language]
    lives = {row["name"]: _life_in_words(row, locale) for row in items}
    return visit.render("categories/list.html", items=items, next=following, lives=lives)


@router.get("/-/new")
async def new(visit: Author) -> Response:
    """The form."""
    return visit.render("categories/edit.html", category=None, **_choices(None))


@router.post("")
async def create(visit: Author, session: Session, form: FormOnce) -> Response:
    """Make one."""
    body = form.to(CategoryCreate, **_more(form))
    await categories.insert(session, visit.application_id, visit.actor, body.name, body.values())
    return visit.to("/categories", visit.text("It is made."))


@router.get("/{name}")
async def category(visit: Reader, session: Session, name: Name) -> Response:
    """One, and what can be changed."""
    found = await categories.get(session, visit.application_id, name)
    return visit.render("categories/edit.html", category=found, **_choices(found))


@router.post("/{name}")
async def change(visit: Author, session: Session, name: Name, form: Form) -> Response:
    """For what is accepted from now on."""
    values = form.to(CategoryPatch, **_more(form)).values()
    await categories.change(session, visit.application_id, visit.actor, name, values)
    return visit.to("/categories", visit.text("It is saved, for what is accepted from now on."))


@router.post("/{name}/delete")
async def delete(visit: Author, session: Session, name: Name) -> Response:
    """Delete it, unless something uses it."""
    await categories.archive(session, visit.application_id, visit.actor, name)
    return visit.to("/categories", visit.text("It is deleted."))


def _more(form: FormFields) -> dict[str, Any]:
    """What is no text; a box that is not ticked is not in the form."""
    flags = {name: name in form for name in ("priority_fixed", "mandatory")}
    return {**flags, "channels": form.every("channels"), "expires_after": _seconds(form)}


def _seconds(form: FormFields) -> int:
    text = form.wanted("expires_after")
    if not text.isdecimal() or len(text) > 9:
        raise Invalid("want a number", field="expires_after", reason="invalid")
    return int(text) * UNITS.get(form.get("unit", ""), 1)


def _life(row: Any) -> tuple[int, str]:
    """In the greatest unit that divides it."""
    seconds = int(row["expires_after"].total_seconds())
    unit = next(name for name in reversed(UNITS) if seconds % UNITS[name] == 0)
    return seconds // UNITS[unit], unit


def _life_in_words(row: Any, locale: Locale) -> str:
    unit: Any = _life(row)[1].removesuffix("s")
    return format_timedelta(row["expires_after"], unit, threshold=inf, locale=locale)


def _choices(row: Any) -> dict[str, Any]:
    life = _life(row) if row else (1, "days")
    chosen = row["channels"] if row else []
    channels = [*chosen, *(channel.value for channel in Channel if channel.value not in chosen)]
    return {"channels": channels, "life": life, "units": list(UNITS)}
