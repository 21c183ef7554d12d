"""The editor of templates: a form with every part, and beside it what it would look like.

Paths under `/-/` are no template's: no name begins with a dash.
"""

from typing import Annotated, Any

from fastapi import Path, Response
from markupsafe import Markup
from pydantic import BaseModel

from api.category_bodies import PlainName
from api.console import template_forms
from api.console.forms import Form, FormOnce
from api.console.frames import framed
from api.console.routes import FRAGMENT, pages
from api.console.template_pages import Name, Number, category_choices
from api.console.visits import Author, Reader, StaffVisit
from api.deps import Session
from models.errors import Invalid
from models.messages import Channel
from models.rendering.locales import DEFAULT, LOCALE
from models.rendering.prepared import PARTS
from models.repositories import template_changes, templates

router = pages("/templates")
FIRST: template_forms.Parts = {"email": {DEFAULT: {}}, "sms": {DEFAULT: {}}}
PLAIN = Markup(
    "<!doctype html><html><head><title>{}</title><style>body {{ font: 15px/1.5 system-ui,"
    " sans-serif; margin: 16px; white-space: pre-wrap; overflow-wrap: anywhere }}</style></head>"
    "<body>{}</body></html>"
)


class NewTemplate(BaseModel):
    """What a template has beside its first version."""

    name: PlainName
    category: str | None = None


@router.get("/-/new")
async def new(visit: Author, session: Session) -> Response:
    """An empty one."""
    return visit.render(
        "templates/editor.html",
        found=None,
        version=None,
        **_fields(FIRST, [], {}),
        categories=await category_choices(visit, session),
    )


@router.post("")
async def create(visit: Author, session: Session, form: FormOnce) -> Response:
    """Make it, with its first version as a draft."""
    body, draft = form.to(NewTemplate), template_forms.draft_of(form)
    await template_changes.create(
        session, visit.application_id, visit.actor, body.name, body.category, draft
    )
    return visit.to(f"/templates/{body.name}", visit.text("Saved as version 1, a draft."))


@router.get("/{name}/versions/{number}")
async def version(
    visit: Reader, session: Session, name: Name, number: Annotated[Number, Path()]
) -> Response:
    """One as it is, and for authors the beginning of a new one."""
    row = await templates.get(session, visit.application_id, name)
    found = await templates.version(session, row["id"], number)
    return visit.render(
        "templates/editor.html",
        found=row,
        version=found,
        **_fields(found["content"], found["variables"], found["types"]),
    )


@router.post("/{name}/versions")
async def add_version(visit: Author, session: Session, name: Name, form: FormOnce) -> Response:
    """Save it as a new version, a draft."""
    draft = template_forms.draft_of(form)
    number = await template_changes.add_version(
        session, visit.application_id, visit.actor, name, draft
    )
    said = visit.text("Saved as version %(number)s, a draft.", number=number)
    return visit.to(f"/templates/{name}", said)


@router.post("/-/sections", tags=[FRAGMENT])
async def sections(visit: Author, form: Form) -> Response:
    """The parts as they are in the form, with one channel and locale more, or less."""
    content = template_forms.content_of(form)
    for path in form.every("section"):  # those that nothing is written in yet
        channel, _, locale = path.partition("/")
        content.setdefault(channel, {}).setdefault(locale, {})
    if "remove" in form:
        channel, _, locale = form["remove"].partition("/")
        content.get(channel, {}).pop(locale, None)
    else:
        channel, locale = form.get("channel", ""), form.get("locale", DEFAULT)
        if channel not in PARTS or not LOCALE.fullmatch(locale):
            detail = 'a locale is "default", or like "de" or "pt-BR"'
            raise Invalid(detail, field="locale", reason="content_unknown")
        content.setdefault(channel, {}).setdefault(locale, {})
    found = template_forms.sections_of(content)
    chosen = form.get("shown", "") if "remove" in form else f"{channel}/{locale}"
    return visit.render("templates/sections.html", sections=found, shown=chosen)


@router.post("/-/facts", tags=[FRAGMENT])
async def facts(visit: Reader, form: Form) -> Response:
    """Beside the message: its subject, warnings, segments, or what is wrong with it."""
    made = template_forms.shown(form)
    return visit.render("templates/facts.html", message=made.message, problem=made.problem)


@router.post("/-/frame", tags=[FRAGMENT])
async def frame(visit: Reader, form: Form) -> Response:
    """The message itself, for the sandboxed frame."""
    made = template_forms.shown(form)
    if made.message is None:
        return framed(PLAIN.format(visit.text("Preview"), ""))
    rendered = made.message.rendered
    return framed(rendered.html or _plain(visit, rendered.text))


def _plain(visit: StaffVisit, text: str) -> str:
    return PLAIN.format(visit.text("Preview"), text)


def _fields(content: Any, variables: list[str], types: Any) -> dict[str, Any]:
    found = template_forms.sections_of(content)
    return {
        "sections": found,
        "shown": found[0].path,
        "types": template_forms.written_types(types),
        "data": template_forms.sample_data(variables, types),
        "channels": list(Channel),
    }
