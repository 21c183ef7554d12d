"""Profiles, found by what is known of them, in pages. What was merged into another is not there."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from models.repositories.profiles import COLUMNS, Row
from models.sessions import Session

PAGE = f"""
SELECT {COLUMNS} FROM profile p
WHERE p.application_id = :application_id AND p.merged_into IS NULL {{filters}}
ORDER BY {{order}} LIMIT :limit
"""  # noqa: S608
# Words, the last of them by its beginning.
NAMED = """
AND to_tsvector('simple', p.name) @@ CAST(
    NULLIF(CAST(plainto_tsquery('simple', :name) AS text), '') || ':*' AS tsquery)
"""
FILTERS = {
    "external_id": """
AND p.external_id COLLATE "C" >= :external_id AND p.external_id COLLATE "C" < :beyond
""",
    "name": NAMED,
    "addresses": """
AND p.id IN (SELECT c.profile_id FROM contact c
    JOIN unnest(CAST(:channels AS text[]), CAST(:addresses AS text[])) AS w (channel, address)
      ON c.channel = w.channel AND c.address = w.address)
""",
    "group_id": """
AND p.id IN (SELECT m.profile_id FROM group_member m WHERE m.group_id = :group_id)
""",
}
LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; None: whatever it is. `addresses`: channels, and the address on each."""

    external_id: str | None = None  # its beginning
    name: str | None = None
    addresses: Mapping[str, str] | None = None
    group_id: UUID | None = None


async def page(
    session: Session,
    application_id: UUID,
    search: Search,
    after: tuple[str, ...] | None,
    limit: int,
) -> list[Row]:
    """The newest first; those of an external id's beginning in that order."""
    values: dict[str, Any] = {
        "application_id": application_id,
        "external_id": search.external_id,
        "beyond": (search.external_id or "") + LAST_CHARACTER,
        "name": search.name,
        "channels": list(search.addresses or ()),
        "addresses": list((search.addresses or {}).values()),
        "group_id": search.group_id,
        "limit": limit,
    }
    if after:
        values["after"] = after[0] if search.external_id else UUID(after[0])
    given = tuple(name for name in FILTERS if getattr(search, name) is not None)
    rows = await session.execute(_page(given, following=after is not None), values)
    return [dict(row) for row in rows.mappings()]


def position(row: Row, search: Search) -> list[str]:
    """Where the next page begins."""
    return [row["external_id"] if search.external_id else str(row["id"])]


@cache
def _page(given: tuple[str, ...], *, following: bool) -> TextClause:
    """One statement for each set of filters, so that each keeps its plan."""
    by_external_id = "external_id" in given
    column, way = ('p.external_id COLLATE "C"', ">") if by_external_id else ("p.id", "<")
    filters = [FILTERS[name] for name in given]
    if following:
        filters.append(f"AND {column} {way} :after")
    order = column if by_external_id else "p.id DESC"
    return text(PAGE.format(filters="".join(filters), order=order))
