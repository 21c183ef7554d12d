"""Finding notifications, newest first, in a bounded number of steps a page.

A source is a set of index streams, each newest first: of kinds and statuses, of a profile, of a
group's members, of an entry of metadata. What the newest of them hold is looked at row by row, so
every filter is exact whatever the source; a page ends where it is full, where the sources are, or
where it has looked at enough. docs/decisions/0014 says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping as Row
from sqlalchemy import TextClause, text

from models.notification_filters import Filters
from models.repositories.notification_sources import LAST, Source, asked
from models.sessions import Session

QUICK, THOROUGH = 500, 4000  # rows looked at: of each source at first, then of the rarest
MOST_FOUND = 10_000  # index entries read for it
MOST_ROWS = 1000  # where only the row itself can tell
UNBOUNDED = 2**31 - 1

OF_PROFILE = "SELECT id, kind FROM notification n WHERE n.profile_id = s.profile_id"
# Of each its streams that are not empty, and what one of them holds, by which id.
SOURCES = {
    "listings": (
        "SELECT * FROM unnest(CAST(:kinds AS bigint[])) AS kind,"
        " unnest(CAST(:listed_as AS text[])) AS status"
        " WHERE (SELECT true FROM notification_listing l WHERE l.kind = kind.kind"
        " AND l.status = status.status AND l.id < :before_id AND l.id > :since_id LIMIT 1)",
        "SELECT id, kind FROM notification_listing l WHERE l.kind = s.kind AND l.status = s.status",
        "id",
    ),
    "metadata": (
        "SELECT * FROM unnest(CAST(:kinds AS bigint[])) AS kind"
        " WHERE (SELECT true FROM notification_metadata m WHERE m.pair = :pair"
        " AND m.kind = kind.kind LIMIT 1)",
        "SELECT notification_id AS id, kind FROM notification_metadata m"
        " WHERE m.pair = :pair AND m.kind = s.kind",
        "notification_id",
    ),
    "profile": (
        "SELECT * FROM unnest(CAST(:profile_ids AS uuid[])) AS profile_id",
        OF_PROFILE,
        "id",
    ),
    "members": (
        "SELECT profile_id FROM group_member WHERE group_id = :group_id",
        OF_PROFILE,
        "id",
    ),
}

# Never joined, but looked up one by one: with a limit that it does not know, PostgreSQL would read
# a whole table. `r`: a stream that was cut off says how far back all of them are complete. What an
# index can tell is asked before the row is read.
FIND = """
WITH streams AS MATERIALIZED (
    {streams}
), cut AS MATERIALIZED (
    SELECT GREATEST(LEAST(:each, :most_found / GREATEST(count(*), 1)), 1) AS at FROM streams
), found AS MATERIALIZED (
    SELECT f.* FROM streams s CROSS JOIN LATERAL (
        SELECT id, kind, row_number() OVER (ORDER BY id DESC) AS r FROM (
            {entries} AND {id} > :since_id AND {id} < :before_id
            ORDER BY {id} DESC LIMIT (SELECT at FROM cut)) e) f
), examined AS MATERIALIZED (
    SELECT id, kind FROM found
    WHERE id >= COALESCE(
        (SELECT id FROM found WHERE r = (SELECT at FROM cut) ORDER BY id DESC LIMIT 1),
        :since_id)
    ORDER BY id DESC LIMIT :most
), page AS MATERIALIZED (
    SELECT n.* FROM examined e CROSS JOIN LATERAL (
        SELECT * FROM notification n
        WHERE n.id = e.id AND n.application_id = :application_id
        AND n.created_at >= COALESCE(CAST(:since AS timestamptz), '-infinity')
        AND n.created_at < COALESCE(CAST(:until AS timestamptz), 'infinity')
        AND n.metadata @> CAST(:metadata AS jsonb)
        AND (NOT :of_profiles OR n.profile_id = ANY(CAST(:profile_ids AS uuid[])))
        AND (CAST(:group_id AS uuid) IS NULL OR (
            SELECT true FROM group_member g
            WHERE g.group_id = :group_id AND g.profile_id = n.profile_id LIMIT 1))
        AND (CAST(:decided AS boolean) IS NULL OR :decided = COALESCE((
            SELECT true FROM message m
            WHERE m.owner_id = n.owner_id AND m.notification_id = n.id LIMIT 1), false))
        AND (CAST(:due AS boolean) IS NULL OR :due = (n.due_at <= now()))
        LIMIT 1) n
    WHERE e.kind = ANY(CAST(:kinds AS bigint[]))
    AND (NOT :of_status OR (
        SELECT true FROM notification_listing l
        WHERE l.kind = e.kind AND l.status = ANY(CAST(:listed_as AS text[])) AND l.id = e.id
        LIMIT 1))
    AND cardinality(CAST(:pairs AS bigint[])) = (
        SELECT count(*) FROM unnest(CAST(:pairs AS bigint[])) AS pair CROSS JOIN LATERAL (
            SELECT FROM notification_metadata m
            WHERE m.pair = pair.pair AND m.kind = e.kind AND m.notification_id = e.id LIMIT 1) m)
    ORDER BY e.id DESC LIMIT :fetch
)
SELECT page.id, page.priority, page.channels, page.profile_id, page.due_at, page.created_at,
    page.ended_at, page.end_reason, page.cancelled_at, page.metadata, page.resend_of, now() AS now,
    (SELECT name FROM category c WHERE c.id = page.category_id) AS category,
    (SELECT external_id FROM profile p WHERE p.id = page.profile_id) AS external_id,
    ARRAY(SELECT json_build_object('phase', m.phase, 'result', m.result, 'receipt', m.receipt,
                 'opened_at', m.opened_at, 'reason', m.reason)
          FROM message m WHERE m.owner_id = page.owner_id AND m.notification_id = page.id
          ORDER BY m.seq) AS messages,
    looked.until AS looked_to
FROM (
    SELECT CASE WHEN (SELECT count(*) FROM examined) = :most
                OR EXISTS (SELECT FROM found WHERE r = (SELECT at FROM cut))
           THEN (SELECT id FROM examined ORDER BY id LIMIT 1) END AS until
) looked LEFT JOIN page ON true ORDER BY page.id DESC
"""
STATEMENTS: Mapping[str, TextClause] = {
    name: text(FIND.format(streams=streams, entries=entries, id=id))
    for name, (streams, entries, id) in SOURCES.items()
}


@dataclass(frozen=True, slots=True)
class Found:
    """A page's rows and, if there is more, the id that the next one begins behind."""

    rows: Sequence[Row]
    after: UUID | None


async def search(
    session: Session, application_id: UUID, filters: Filters, after: UUID | None, limit: int
) -> Found:
    """The next rows behind `after`: `limit` of them, or fewer where it has looked at enough."""
    values, sources = await asked(session, application_id, filters, after)
    values["fetch"] = limit + 1
    if not values["kinds"]:
        return Found([], None)
    rarest, furthest = sources[0], LAST
    for source in sources:
        found = await _look(session, source, values, QUICK)
        if found.after is None or len(found.rows) == limit:
            return found
        if found.after < furthest:
            rarest, furthest = source, found.after
    return await _look(session, rarest, values, MOST_ROWS if rarest.reads_rows else THOROUGH)


async def _look(session: Session, source: Source, values: dict[str, Any], most: int) -> Found:
    """What one source has, as far as `most` rows reach."""
    fetch = values["fetch"]
    bounds = {
        "each": fetch if source.exact else most,
        "most_found": UNBOUNDED if source.exact else MOST_FOUND,
        "most": max(most, fetch),
    }
    own = {**source.values, **bounds}
    answer = (await session.execute(STATEMENTS[source.name], values | own)).mappings().all()
    rows = [row for row in answer if row["id"]]
    if len(rows) == fetch:
        return Found(rows[:-1], rows[-2]["id"])
    return Found(rows, answer[0]["looked_to"])
