"""From a request and what it refers to, to a notification that can be written; pure.

Whatever can be known at acceptance is checked here, the rendering too: what passes is deliverable
as far as we can tell, and what does not names its field.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from models.errors import Forbidden, Invalid
from models.messages import CALL_DEADLINE, Channel
from models.queues import PRIORITY_KEYS
from models.rendering import content as contents
from models.rendering.data import check_data
from models.rendering.declared import check_types
from models.repositories.references import Category, Person, References, TemplateRef
from models.repositories.templates import Content

SKEW = timedelta(seconds=5)  # a caller's clock may be this much behind
FURTHEST = timedelta(days=366)
SHORTEST_LIFE_SECONDS = int(CALL_DEADLINE.total_seconds()) + 5
DEFAULT_CATEGORY = "transactional"


@dataclass(frozen=True, slots=True)
class Request:
    """One notification as asked for; addresses are in their one form already."""

    template: str | None = None
    content: Mapping[str, Mapping[str, str]] | None = None  # channel → parts, inline
    data: Mapping[str, Any] = field(default_factory=dict)
    category: str | None = None
    profile_id: UUID | None = None
    external_id: str | None = None
    addresses: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    locale: str = ""
    time_zone: str = ""
    channels: tuple[str, ...] = ()
    channel_mode: str | None = None
    priority: str | None = None
    send_at: datetime | None = None
    expires_in: int | None = None  # seconds from acceptance
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is written."""

    category_id: UUID
    priority: str
    profile_id: UUID | None
    addresses: Mapping[str, str]
    locale: str
    time_zone: str
    channels: tuple[str, ...]
    channel_mode: str
    on_unknown: str
    template_version_id: UUID | None
    content: Content | None
    data: Mapping[str, Any]
    metadata: Mapping[str, str]
    send_at: datetime | None
    expires_in: float | None
    expires_after: float  # seconds from due, where the request does not say


def accept(
    request: Request,
    references: References,
    versions: Mapping[UUID, Content],
    *,
    may_raise_priority: bool,
    now: datetime | None = None,
) -> Accepted:
    """The notification to write; Invalid or Forbidden names what is wrong with the request."""
    category = _category(request, references)
    person = _person(request, references)
    content, version_id, variables = _content(request, references, versions)
    types = {} if request.template is None else references.templates[request.template].types
    channels = _channels(request, category, person, content)
    data = _data(request, person, variables, types)
    _times(request, now or datetime.now(UTC))
    locale = request.locale or (person.locale if person else "")
    with _callers_fields(request):
        for channel in channels:
            contents.render(content, channel, locale, data)
    return Accepted(
        category_id=category.id,
        priority=_priority(request, category, may_raise=may_raise_priority),
        profile_id=person.id if person else None,
        addresses=request.addresses,
        locale=locale,
        time_zone=request.time_zone or (person.time_zone if person else ""),
        channels=channels,
        channel_mode=request.channel_mode or category.channel_mode,
        on_unknown=category.on_unknown,
        template_version_id=version_id,
        content=None if version_id else content,
        data=data,
        metadata=request.metadata,
        send_at=request.send_at,
        expires_in=request.expires_in,
        expires_after=category.expires_after.total_seconds(),
    )


def _category(request: Request, references: References) -> Category:
    template = references.templates.get(request.template or "")
    name = request.category or (template and template.category) or DEFAULT_CATEGORY
    if name not in references.categories:
        raise Invalid("no such category", field="category", reason="unknown_category")
    return references.categories[name]


def _person(request: Request, references: References) -> Person | None:
    key = request.profile_id or request.external_id
    if key is None:
        return None
    person = references.profiles.get(key)
    if person is None:
        which = "profile_id" if request.profile_id else "external_id"
        raise Invalid("no such profile", field=f"to.{which}", reason="unknown_profile")
    return person


def _content(
    request: Request, references: References, versions: Mapping[UUID, Content]
) -> tuple[Content, UUID | None, frozenset[str]]:
    if request.template is not None:
        template = published(references, request.template)
        content = versions[template.version_id]
        return content, template.version_id, frozenset(template.variables)
    inline = {channel: {"default": parts} for channel, parts in (request.content or {}).items()}
    with _callers_fields(request):
        return inline, None, contents.check(inline)


def published(references: References, name: str) -> TemplateRef:
    """The template; Invalid if nothing of that name is published, or it was deleted."""
    template = references.templates.get(name)
    if template is None:
        raise Invalid(
            "no published template of that name", field="template", reason="unknown_template"
        )
    if template.archived:
        raise Invalid("the template was deleted", field="template", reason="template_archived")
    return template


def _channels(
    request: Request, category: Category, person: Person | None, content: Content
) -> tuple[str, ...]:
    reachable = set(request.addresses) | set(person.channels if person else ())
    wanted = request.channels or tuple(c for c in category.channels if c in content)
    if not request.channels and not any(c in reachable for c in wanted):
        wanted = tuple(c for c in Channel if c in content and c in reachable)
    for channel in request.channels:
        if channel not in content:
            raise Invalid(
                f"the content has no {channel} part", field="channels", reason="no_content"
            )
        if person is None and channel not in request.addresses:
            raise Invalid(f"`to` has no {channel} address", field="channels", reason="no_address")
    # Contacts may come until it is due; but that nobody can be reached at all is said now.
    if not any(channel in reachable for channel in wanted):
        raise Invalid(
            f"no address for {', '.join(wanted) or 'any channel of the content'}",
            field="to",
            reason="no_reachable_contact",
        )
    return wanted if person else tuple(channel for channel in wanted if channel in reachable)


def _data(
    request: Request,
    person: Person | None,
    variables: frozenset[str],
    types: Mapping[str, str],
) -> Mapping[str, Any]:
    check_data(request.data)
    unknown = sorted(set(request.data) - variables)
    if unknown:
        raise Invalid(
            f"the template has no variable {unknown[0][:100]!r}; it has:"
            f" {', '.join(sorted(variables)) or 'none'}",
            field=f"data.{unknown[0][:100]}",
            reason="unknown_variable",
        )
    check_types(request.data, types)
    name = request.name or (person.name if person else "")
    if name and "name" in variables and "name" not in request.data:
        return {**request.data, "name": name}
    return request.data


def _priority(request: Request, category: Category, *, may_raise: bool) -> str:
    wanted = request.priority or category.priority
    if wanted == category.priority:
        return wanted
    if category.priority_fixed:
        raise Invalid(
            f"category {category.name} is always {category.priority}",
            field="priority",
            limit=category.priority,
            reason="priority_fixed",
        )
    if PRIORITY_KEYS[wanted] < PRIORITY_KEYS[category.priority] and not may_raise:
        raise Forbidden(
            f"the category's priority is {category.priority}; raising it needs a scope",
            field="priority",
            limit="priority:raise",
        )
    return wanted


def _times(request: Request, now: datetime) -> None:
    if request.send_at and request.send_at < now - SKEW:
        limit = f"{int(SKEW.total_seconds())} s ago"
        raise Invalid("lies in the past", field="send_at", limit=limit, reason="in_the_past")
    if request.send_at and request.send_at > now + FURTHEST:
        raise Invalid(
            "too far ahead", field="send_at", limit=f"{FURTHEST.days} days", reason="too_far_ahead"
        )
    if request.expires_in is None or request.send_at is None:
        return
    life = now + timedelta(seconds=request.expires_in) - request.send_at
    if life < timedelta(seconds=SHORTEST_LIFE_SECONDS):
        raise Invalid(
            "it would expire before it is due, or too soon after: expires_in counts from now",
            field="expires_in",
            limit=f"at least {SHORTEST_LIFE_SECONDS} s after send_at",
            reason="expires_before_due",
        )


@contextmanager
def _callers_fields(request: Request) -> Iterator[None]:
    """Inline content has one locale, which the caller never named; a template's is its author's."""
    try:
        yield
    except Invalid as error:
        field = error.field or "content"
        if request.template is None:
            error.field = field.replace(".default.", ".")
        else:
            error.field = field.replace("content", "template", 1)
        raise
