"""What requests refer to by name: categories, templates, profiles; one query a kind."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

CATEGORIES = text("""
SELECT id, name, priority, priority_fixed, channels, channel_mode, expires_after, on_unknown
FROM category WHERE application_id = :application_id AND name = ANY(:names)
""")

# The newest published version: immutable, so what it holds is cached by its id.
TEMPLATES = text("""
SELECT DISTINCT ON (t.name) t.name, v.id AS version_id, v.variables, c.name AS category
FROM template t JOIN template_version v ON v.template_id = t.id AND v.published_at IS NOT NULL
LEFT JOIN category c ON c.id = t.category_id
WHERE t.application_id = :application_id AND t.name = ANY(:names)
ORDER BY t.name, v.number DESC
""")

PROFILES = text("""
SELECT p.id, p.external_id, p.name, p.locale, p.time_zone,
       COALESCE((SELECT array_agg(DISTINCT c.channel) FROM contact c WHERE c.profile_id = p.id),
                '{}') AS channels
FROM profile p
WHERE p.application_id = :application_id
  AND (p.id = ANY(:ids) OR p.external_id = ANY(:external_ids))
""")


@dataclass(frozen=True, slots=True)
class Category:
    """What kind of notification, and what follows from it."""

    id: UUID
    name: str
    priority: str
    priority_fixed: bool
    channels: list[str]
    channel_mode: str
    expires_after: timedelta
    on_unknown: str


@dataclass(frozen=True, slots=True)
class TemplateRef:
    """The published version of a template."""

    name: str
    version_id: UUID
    variables: list[str]
    category: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """A profile, and on which channels it can be reached."""

    id: UUID
    external_id: str
    name: str
    locale: str
    time_zone: str
    channels: list[str]


@dataclass(frozen=True, slots=True)
class References:
    """What was found; what is missing was asked for and does not exist."""

    categories: Mapping[str, Category] = field(default_factory=dict)
    templates: Mapping[str, TemplateRef] = field(default_factory=dict)
    profiles: Mapping[UUID | str, Person] = field(default_factory=dict)


@dataclass(slots=True)
class Wanted:
    """Names to look up."""

    categories: set[str] = field(default_factory=set)
    templates: set[str] = field(default_factory=set)
    profile_ids: set[UUID] = field(default_factory=set)
    external_ids: set[str] = field(default_factory=set)


async def load(session: AsyncSession, application_id: UUID, wanted: Wanted) -> References:
    """Look up all that is wanted, within the application. Templates' categories come along."""
    templates = await _templates(session, application_id, wanted.templates)
    names = wanted.categories | {t.category for t in templates.values() if t.category}
    values = {"application_id": application_id, "names": list(names)}
    rows = (await session.execute(CATEGORIES, values)).mappings()
    return References(
        categories={row["name"]: Category(**row) for row in rows},
        templates=templates,
        profiles=await _profiles(session, application_id, wanted),
    )


async def _templates(
    session: AsyncSession, application_id: UUID, names: Collection[str]
) -> dict[str, TemplateRef]:
    if not names:
        return {}
    values = {"application_id": application_id, "names": list(names)}
    rows = (await session.execute(TEMPLATES, values)).mappings()
    return {row["name"]: TemplateRef(**row) for row in rows}


async def _profiles(
    session: AsyncSession, application_id: UUID, wanted: Wanted
) -> dict[UUID | str, Person]:
    if not wanted.profile_ids and not wanted.external_ids:
        return {}
    values = {
        "application_id": application_id,
        "ids": list(wanted.profile_ids),
        "external_ids": list(wanted.external_ids),
    }
    found: dict[UUID | str, Person] = {}
    for row in (await session.execute(PROFILES, values)).mappings():
        person = Person(**row)
        found[person.id] = found[person.external_id] = person
    return found
