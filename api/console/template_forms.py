"""The editor's form: its parts as a content, what is declared, and a preview of both."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from api.console.forms import FormFields
from api.errors import of
from api.template_bodies import VersionCreate
from models.errors import Invalid, TidingsError
from models.messages import Channel
from models.rendering.locales import DEFAULT
from models.rendering.prepared import PARTS
from models.rendering.preview import Preview, preview
from models.template_draft import Draft, drafted

PREFIX = "content."
FIRST_DATA: Mapping[str, Any] = {"number": 1, "boolean": True, "list": [], "object": {}}
Parts = dict[str, dict[str, dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Section:
    """One channel in one locale: every part that it may have, written or not."""

    channel: str
    locale: str
    parts: Mapping[str, str]

    @property
    def path(self) -> str:
        """What the choice of a preview says."""
        return f"{self.channel}/{self.locale}"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a preview came to: a message, or why there is none; neither, if nothing is written."""

    message: Preview | None
    problem: Mapping[str, Any] | None


def content_of(form: FormFields) -> Parts:
    """What was written; browsers send line breaks as CRLF."""
    content: Parts = {}
    for name, text in form.items():
        path = name.removeprefix(PREFIX).split(".")
        if name.startswith(PREFIX) and len(path) == 3:
            channel, locale, part = path
            parts = content.setdefault(channel, {}).setdefault(locale, {})
            parts[part] = text.replace("\r\n", "\n")
    return content


def body_of(form: FormFields) -> VersionCreate:
    """The API's body; Invalid names the field."""
    types = _types(form.get("variables", ""))
    return form.to(VersionCreate, content=content_of(form), variables=types)


def draft_of(form: FormFields) -> Draft:
    """The version; Invalid names the part and the line."""
    body = body_of(form)
    return drafted(body.content, body.variables)


def sections_of(content: Mapping[str, Mapping[str, Mapping[str, str]]]) -> list[Section]:
    """All that a content has: channels in our order, the default locale first."""
    return [
        Section(channel, locale, {part: parts.get(part, "") for part in PARTS[channel]})
        for channel in Channel
        for locale, parts in sorted(content.get(channel.value, {}).items(), key=_default_first)
    ]


def shown(form: FormFields) -> Shown:
    """The message that the form makes; variables without data stand for themselves."""
    if not content_of(form):
        return Shown(None, None)
    channel, _, locale = form.get("shown", "").partition("/")
    try:
        draft = draft_of(form)
        if channel not in draft.content:
            channel, locale = next(iter(draft.content)), ""
        data = {**_samples(draft.variables, draft.types), **_data(form.get("data", ""))}
        made = preview(
            draft.content, channel, locale, data, variables=draft.variables, types=draft.types
        )
    except TidingsError as error:
        return Shown(None, {"field": "", "detail": "", **of(error)})
    return Shown(made, None)


def sample_data(variables: list[str], types: Mapping[str, str]) -> str:
    """A value for each variable, to begin with."""
    return orjson.dumps(_samples(variables, types), option=orjson.OPT_INDENT_2).decode()


def written_types(types: Mapping[str, str]) -> str:
    """A line for each."""
    return "\n".join(f"{name}: {kind}" for name, kind in sorted(types.items()))


def _default_first(locale_and_parts: tuple[str, Any]) -> tuple[bool, str]:
    return locale_and_parts[0] != DEFAULT, locale_and_parts[0]


def _samples(variables: list[str], types: Mapping[str, str]) -> dict[str, Any]:
    return {name: FIRST_DATA.get(types.get(name, "string"), name) for name in variables}


def _types(text: str) -> dict[str, str] | None:
    found = dict(_declared(text))
    return found or None


def _declared(text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, _, kind = (part.strip() for part in line.partition(":"))
        if not name:
            detail = f"line {number}: want a variable and its type, such as order: string"
            raise Invalid(detail, field="variables", reason="invalid")
        yield name, kind or "any"


def _data(text: str) -> Mapping[str, Any]:
    try:
        data = orjson.loads(text or "{}")
    except orjson.JSONDecodeError as error:
        detail = f"not JSON: line {error.lineno}, column {error.colno}"
        raise Invalid(detail, field="data", reason="bad_json") from None
    if not isinstance(data, dict):
        raise Invalid("want an object: {…}", field="data", reason="data_not_an_object")
    return data
