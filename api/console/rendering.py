"""The templates: Jinja2 of our own, one environment a language, escaped and strict.

The templates that senders write are another matter: models/rendering.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.datastructures import URL
from uuid_utils.compat import uuid7

from api.console import assets, details, texts
from api.console.cookies import form_token
from api.console.navigation import NAVIGATION

if TYPE_CHECKING:
    from api.console.visits import Visit

FOLDER = Path(__file__).parent / "templates"
SPELT = ("api", "id", "sid", "tls", "url")  # letter by letter


@cache
def environment(language: str) -> Environment:
    """The templates in one language."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    found = texts.translations(language)
    made.install_gettext_translations(found, newstyle=True)  # type: ignore[attr-defined]
    made.globals |= {
        "asset": assets.address,
        "navigation": NAVIGATION,
        "languages": texts.LANGUAGES,
        "word": lambda code: word(language, str(code)),
        "named": lambda code: named(language, code),
        "translated": lambda detail: details.translated(detail, language),
        "new_id": uuid7,
    }
    made.filters |= {
        "number": lambda n: format_decimal(n, locale=texts.LOCALES[language]),
    }
    return made


def render(template: str, visit: "Visit", context: Mapping[str, Any]) -> str:
    """The template's text for this visit: `visit`, `url` and `time` are there in all of them."""
    asked = visit.request.url
    always = {
        "visit": visit,
        "here": _without_host(asked),
        "here_with": lambda **changed: _without_host(asked.include_query_params(**changed)),
        "section": f"/{asked.path.removeprefix('/console').strip('/').partition('/')[0]}",
        "url": visit.url,
        "form_token": form_token(visit.token),
        "time": lambda at, relative=False: time(at, visit, relative=relative),
        "local": lambda at: at.astimezone(visit.zone).strftime("%Y-%m-%dT%H:%M") if at else "",
        "lang": texts.TAGS[visit.language],
    }
    return environment(visit.language).get_template(template).render({**always, **context})


def _without_host(asked: URL) -> str:
    """The address on this host, whatever the request calls it."""
    return f"{asked.path}?{asked.query}" if asked.query else asked.path


def time(at: datetime | None, visit: "Visit", *, relative: bool = False) -> Markup:
    """As `<time>`, in the visitor's zone and language."""
    if at is None:
        return Markup("—")
    locale, here = texts.LOCALES[visit.language], at.astimezone(visit.zone)
    said = format_datetime(here, "medium", locale=locale)
    full = f"{format_datetime(here, 'full', locale=locale)}"
    if relative:
        passed = at - visit.console.clock()
        said = format_timedelta(passed, add_direction=True, locale=locale)
    moment = at.isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(moment, full, said)


def word(language: str, code: str) -> str:
    """A code of ours as people say it; one that has no text of its own, as it is."""
    return texts.translations(language).pgettext("word", code.replace("_", " "))


def named(language: str, code: str) -> str:
    """A code as the name of a field: `api_key` is API key."""
    said = word(language, code)
    words = [one.upper() if one in SPELT else one for one in said.split(" ")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]
