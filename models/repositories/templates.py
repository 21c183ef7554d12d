"""Templates as they are read: their versions, what is published, and what was.

A version never changes, so a process keeps what it has read of it.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.errors import NotFound
from models.sessions import Session

CONTENTS = text("SELECT id, content FROM template_version WHERE id = ANY(:ids)")
KEPT = 500
NEWEST = 100  # versions, and publishes, that one template shows

Content = Mapping[str, Any]
Row = Mapping[str, Any]

TEMPLATE = """
SELECT t.id, t.name, c.name AS category, t.created_at, t.archived_at, t.publishes,
       p.number AS published, l.number AS latest, l.created_at AS changed_at, l.created_by,
       l.channels
FROM template t
LEFT JOIN category c ON c.id = t.category_id
LEFT JOIN template_version p ON p.id = t.published_version_id
CROSS JOIN LATERAL (
    SELECT v.number, v.created_at, v.created_by,
           ARRAY(SELECT jsonb_object_keys(v.content) ORDER BY 1) AS channels
    FROM template_version v WHERE v.template_id = t.id ORDER BY v.number DESC LIMIT 1) l
WHERE t.application_id = :application_id
"""
GET = text(f"{TEMPLATE} AND t.name = :name")
PAGE = text(f"""
{TEMPLATE} AND (t.archived_at IS NULL OR :archived)
  AND (CAST(:after AS text) IS NULL OR t.name > :after)
  AND strpos(lower(t.name), lower(:search)) > 0
  AND (CAST(:category AS text) IS NULL OR c.name = :category)
ORDER BY t.name LIMIT :limit
""")
VERSIONS = text(f"""
SELECT number, variables, types, created_at, created_by, published_at,
       ARRAY(SELECT jsonb_object_keys(content) ORDER BY 1) AS channels
FROM template_version WHERE template_id = :id ORDER BY number DESC LIMIT {NEWEST}
""")  # noqa: S608 - our own constant
VERSION = text("""
SELECT id, number, content, variables, types, created_at, created_by, published_at
FROM template_version WHERE template_id = :id AND number = :number
""")
PUBLISHES = text("""
SELECT p.n, p.kind, p.by, p.at, v.number AS version
FROM template_publish p JOIN template_version v ON v.id = p.version_id
WHERE p.template_id = :id ORDER BY p.n DESC LIMIT :limit
""")


class VersionCache:
    """The contents of the versions used last, at most `kept` of them."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._contents: OrderedDict[UUID, Content] = OrderedDict()

    async def load(self, session: Session, ids: Collection[UUID]) -> Mapping[UUID, Content]:
        """The contents of these versions; one query for all that are not here yet."""
        found = {id: self._contents[id] for id in ids if id in self._contents}
        missing = [id for id in ids if id not in found]
        if missing:
            for row in await session.execute(CONTENTS, {"ids": missing}):
                found[row.id] = row.content
        for id, content in found.items():  # others may have come and gone while we asked
            self._contents[id] = content
            self._contents.move_to_end(id)
        while len(self._contents) > self._kept:
            self._contents.popitem(last=False)
        return found


async def get(session: Session, application_id: UUID, name: str) -> Row:
    """The application's template as it is now, archived or not; NotFound."""
    values = {"application_id": application_id, "name": name}
    row = (await session.execute(GET, values)).mappings().one_or_none()
    if row is None:
        raise NotFound("no such template", field="name")
    return dict(row)


async def page(
    session: Session,
    application_id: UUID,
    filters: Mapping[str, Any],
    after: str | None,
    limit: int,
) -> list[Row]:
    """By name. `filters`: search (a part of the name), category, archived (those too)."""
    values = {"application_id": application_id, "after": after, "limit": limit, **filters}
    return [dict(row) for row in (await session.execute(PAGE, values)).mappings()]


async def versions(session: Session, id: UUID) -> list[Row]:
    """The newest, without their contents."""
    return [dict(row) for row in (await session.execute(VERSIONS, {"id": id})).mappings()]


async def version(session: Session, id: UUID, number: int) -> Row:
    """One with its content, or NotFound."""
    row = (await session.execute(VERSION, {"id": id, "number": number})).mappings().one_or_none()
    if row is None:
        raise NotFound(f"the template has no version {number}", field="version")
    return dict(row)


async def publishes(session: Session, id: UUID, limit: int = NEWEST) -> list[Row]:
    """Its publishes and roll-backs, the newest first."""
    values = {"id": id, "limit": limit}
    return [dict(row) for row in (await session.execute(PUBLISHES, values)).mappings()]
