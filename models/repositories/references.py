"""What requests refer to by name: categories, templates, profiles; one query for all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.sessions import Session

# Of a template the published version: immutable, so what it holds is cached by its id. Which one it
# is, is read each time: a publish counts from the next request on, in every process.
LOAD = text("""
WITH template AS (
    SELECT t.name, v.id AS version_id, v.variables, v.types, c.name AS category,
           t.archived_at IS NOT NULL AS archived
    FROM template t JOIN template_version v ON v.id = t.published_version_id
    LEFT JOIN category c ON c.id = t.category_id
    WHERE t.application_id = :application_id AND t.name = ANY(:templates)
), category AS (
    SELECT id, name, priority, priority_fixed, channels, channel_mode,
           EXTRACT(epoch FROM expires_after) AS expires_after_seconds, on_unknown
    FROM category WHERE application_id = :application_id AND archived_at IS NULL
      AND (name = ANY(:categories) OR name IN (SELECT category FROM template))
), profile AS (
    SELECT p.id, p.external_id, p.merged_into, p.name, p.locale, p.time_zone,
           ARRAY(SELECT DISTINCT c.channel FROM contact c WHERE c.profile_id = p.id) AS channels
    FROM profile p
    WHERE p.application_id = :application_id
      AND (p.id = ANY(:profile_ids) OR p.external_id = ANY(:external_ids))
)
SELECT (SELECT json_agg(t) FROM template t) AS templates,
       (SELECT json_agg(c) FROM category c) AS categories,
       (SELECT json_agg(p) FROM profile p) AS profiles
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
    types: Mapping[str, str] = field(default_factory=dict)  # of those that are declared
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A profile, and on which channels it can be reached."""

    id: UUID
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


async def load(session: Session, application_id: UUID, wanted: Wanted) -> References:
    """Look up all that is wanted, within the application. Templates' categories come along."""
    values: dict[str, Any] = {
        "application_id": application_id,
        "templates": list(wanted.templates),
        "categories": list(wanted.categories),
        "profile_ids": list(wanted.profile_ids),
        "external_ids": list(wanted.external_ids),
    }
    row = (await session.execute(LOAD, values)).one()
    return References(
        categories={c["name"]: _category(c) for c in row.categories or ()},
        templates={
            t["name"]: TemplateRef(**t | {"version_id": UUID(t["version_id"])})
            for t in row.templates or ()
        },
        profiles=await _people(session, application_id, row.profiles or ()),
    )


async def _people(
    session: Session, application_id: UUID, rows: Iterable[dict[str, Any]]
) -> Mapping[UUID | str, Person]:
    """By both ids. What was merged into another leads there, which is one look-up more."""
    people: dict[UUID | str, Person] = {}
    led: dict[UUID | str, UUID] = {}
    for row in rows:
        id, external_id, into = UUID(row.pop("id")), row.pop("external_id"), row.pop("merged_into")
        if into:
            led |= {id: UUID(into), external_id: UUID(into)}
        else:
            people |= dict.fromkeys((id, external_id), Person(id, **row))
    if led:
        others = (
            await load(session, application_id, Wanted(profile_ids=set(led.values())))
        ).profiles
        people |= {key: others[into] for key, into in led.items() if into in others}
    return people


def _category(row: dict[str, Any]) -> Category:
    seconds = row.pop("expires_after_seconds")
    return Category(
        **row | {"id": UUID(row["id"])}, expires_after=timedelta(seconds=float(seconds))
    )
