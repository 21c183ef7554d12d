"""Many profiles at once, by their external ids: new ones made, known ones told what is said.

Repeating it changes nothing. Callers own the transaction; rows are taken in the order of their
external ids, so that two uploads of the same people wait for each other, but not in a circle.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row as RowOf
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.person_fields import Refusal
from models.profile_rows import USUAL_TIME_ZONE, Row, Said
from models.sessions import Session

MAKE = text("""
INSERT INTO profile (id, application_id, external_id, name, locale, time_zone, metadata)
SELECT id, :application_id, external_id, COALESCE(name, ''), COALESCE(locale, ''),
       COALESCE(time_zone, :usual_time_zone), COALESCE(metadata, '{}')
FROM json_to_recordset(CAST(:rows AS json)) AS r
     (id uuid, external_id text, name text, locale text, time_zone text, metadata jsonb)
ORDER BY external_id
ON CONFLICT (application_id, external_id) DO NOTHING RETURNING external_id
""")
TAKE = text("""
SELECT id, external_id, merged_into FROM profile
WHERE application_id = :application_id AND external_id = ANY(:external_ids)
ORDER BY external_id FOR UPDATE
""")
# Contacts that are said are all that there are. Only what differs is written.
TELL = text("""
WITH asked AS MATERIALIZED (
    SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r (profile_id uuid, made boolean,
        name text, locale text, time_zone text, metadata jsonb, contacts jsonb)
), wanted AS MATERIALIZED (
    SELECT a.profile_id, c.id, c.channel, c.address, c.rank
    FROM asked a CROSS JOIN LATERAL jsonb_to_recordset(a.contacts) AS c
         (id uuid, channel text, address text, rank int)
), removed AS (
    DELETE FROM contact c USING asked a
    WHERE c.profile_id = a.profile_id AND a.contacts IS NOT NULL AND NOT EXISTS (
        SELECT FROM wanted w WHERE w.profile_id = c.profile_id AND w.channel = c.channel
        AND w.address = c.address)
    RETURNING c.profile_id
), put AS (
    INSERT INTO contact (id, profile_id, channel, address, rank)
    SELECT id, profile_id, channel, address, rank FROM wanted
    ON CONFLICT (profile_id, channel, address) DO UPDATE SET rank = excluded.rank
    WHERE contact.rank <> excluded.rank
    RETURNING profile_id
), touched AS MATERIALIZED (
    SELECT profile_id FROM removed UNION SELECT profile_id FROM put
)
UPDATE profile p SET revision = revision + 1, updated_at = now(),
    name = COALESCE(a.name, p.name), locale = COALESCE(a.locale, p.locale),
    time_zone = COALESCE(a.time_zone, p.time_zone), metadata = COALESCE(a.metadata, p.metadata)
FROM asked a
WHERE p.id = a.profile_id AND NOT a.made AND (
    p.id IN (SELECT profile_id FROM touched)
    OR (p.name, p.locale, p.time_zone, p.metadata) IS DISTINCT FROM
       (COALESCE(a.name, p.name), COALESCE(a.locale, p.locale),
        COALESCE(a.time_zone, p.time_zone), COALESCE(a.metadata, p.metadata)))
RETURNING p.id
""")


@dataclass(slots=True)
class Upserted:
    """What became of some lines; those that are neither changed nothing."""

    created: int = 0
    updated: int = 0
    refusals: list[Refusal] = field(default_factory=list)


async def upsert(session: Session, application_id: UUID, rows: Sequence[Row]) -> Upserted:
    """Store them. A line about one that was merged into another is refused: it is out of date."""
    said: dict[str, Said] = {}
    for _, external_id, more in rows:  # a later line of the same one says more, or something else
        said[external_id] = said.get(external_id, {}) | more
    made: set[str] = set()
    ids: dict[str, UUID] = {}
    merged: dict[str, UUID] = {}
    while left := said.keys() - ids.keys() - merged.keys():  # again: what was deleted meanwhile
        made |= await _make(session, application_id, {each: said[each] for each in left})
        for row in await _take(session, application_id, list(left)):
            found = merged if row.merged_into else ids
            found[row.external_id] = row.merged_into or row.id
    refusals = [
        Refusal(line, "external_id", "profile_merged", f"it was merged into {merged[external_id]}")
        for line, external_id, _ in rows
        if external_id in merged
    ]
    told = [
        _shown(said[external_id]) | {"profile_id": str(id), "made": external_id in made}
        for external_id, id in ids.items()
        if said[external_id]
    ]
    session.info["wrote"] = True
    updated = (await session.execute(TELL, {"rows": _json(told)})).all()
    return Upserted(len(made), len(updated), refusals)


async def _make(session: Session, application_id: UUID, said: dict[str, Said]) -> set[str]:
    rows = [
        {"id": str(uuid7()), "external_id": external_id, **_shown(more)}
        for external_id, more in said.items()
    ]
    values = {"application_id": application_id, "usual_time_zone": USUAL_TIME_ZONE}
    return set((await session.execute(MAKE, values | {"rows": _json(rows)})).scalars())


async def _take(
    session: Session, application_id: UUID, external_ids: list[str]
) -> Sequence[RowOf[Any]]:
    values = {"application_id": application_id, "external_ids": external_ids}
    return (await session.execute(TAKE, values)).all()


def _shown(said: Said) -> dict[str, Any]:
    if "contacts" not in said:
        return dict(said)
    return said | {"contacts": [each | {"id": str(uuid7())} for each in said["contacts"]]}


def _json(rows: list[dict[str, Any]]) -> str:
    return orjson.dumps(rows).decode()
