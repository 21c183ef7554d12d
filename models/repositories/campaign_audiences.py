"""Counting an audience before it is sent to, and the audience of those whom a campaign missed."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.repositories.campaign_snapshots import MEMBERS, PEOPLE, WITHIN
from models.repositories.campaigns import Row
from models.sessions import Session

UPLOADED = """
SELECT count(DISTINCT r.address) AS people, count(*) AS rows,
       count(DISTINCT r.address) FILTER (WHERE s.address IS NOT NULL) AS suppressed,
       0 AS without_contact
FROM audience_row r LEFT JOIN suppression s ON s.application_id = :application_id
     AND s.channel = :channel AND s.address = r.address
WHERE r.audience_id = :audience_id
"""
PROFILES = """
SELECT count(DISTINCT r.address) AS people, count(r.address) AS rows,
       count(DISTINCT r.address) FILTER (WHERE s.address IS NOT NULL) AS suppressed,
       count(*) FILTER (WHERE r.address IS NULL) AS without_contact
FROM ({people}) r LEFT JOIN suppression s ON s.application_id = :application_id
     AND s.channel = :channel AND s.address = r.address
"""
SOME = """
SELECT CAST(row_number() OVER (ORDER BY id) AS int) AS line, address, name, locale,
       CAST('{{}}' AS jsonb) AS data
FROM ({people}) p WHERE address IS NOT NULL ORDER BY id LIMIT :size
"""
COUNT_UPLOADED = text(UPLOADED)
COUNT_GROUP = text(PROFILES.format(people=PEOPLE.format(members=MEMBERS)))
COUNT_EVERYONE = text(PROFILES.format(people=PEOPLE.format(members="")))
SOME_OF_GROUP = text(SOME.format(people=PEOPLE.format(members=MEMBERS)))
SOME_OF_EVERYONE = text(SOME.format(people=PEOPLE.format(members="")))
# Certainly not sent, and not for the recipient's own sake: those are suppressed by now.
FAILED = text("""
WITH failed AS (
    SELECT m.seq FROM message m
    LEFT JOIN suppression s ON s.application_id = m.application_id
         AND s.channel = m.channel AND s.address = m.address
    WHERE m.owner_id = :id AND m.result IN ('refused', 'expired') AND s.address IS NULL
), told AS (
    INSERT INTO audience_row (audience_id, line, address, external_id, name, locale, time_zone,
        data)
    SELECT :audience_id, row_number() OVER (ORDER BY r.line), r.address, r.external_id, r.name,
           r.locale, r.time_zone, r.data
    FROM failed JOIN audience_row r ON r.audience_id = :of AND r.line = failed.seq
    RETURNING line
)
INSERT INTO audience (id, application_id, channel, kind, state, rows, lines, created_by,
    completed_at)
SELECT :audience_id, :application_id, :channel, 'failed', 'complete', count(*), count(*), :by, now()
FROM told HAVING count(*) > 0 RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there are now: `people` are distinct contacts, `rows` what names them."""

    people: int
    rows: int
    suppressed: int
    without_contact: int


async def count(session: Session, campaign: Row) -> Counted:
    """Count a campaign's audience as it is now."""
    values = _values(campaign)
    statement = COUNT_EVERYONE
    if "audience_id" in values:
        statement = COUNT_UPLOADED
    elif "group" in values:
        statement = COUNT_GROUP
    row = (await session.execute(statement, values, within=WITHIN)).mappings().one()
    return Counted(**row)


async def some(session: Session, campaign: Row, size: int) -> list[Row]:
    """Some of a group, or of everyone."""
    values = _values(campaign) | {"size": size}
    statement = SOME_OF_GROUP if "group" in values else SOME_OF_EVERYONE
    return [dict(row) for row in (await session.execute(statement, values)).mappings()]


async def failed_of(session: Session, campaign: Row, by: str) -> UUID | None:
    """An audience of those that an ended campaign did not reach; None: there are none."""
    values = _values(campaign) | {
        "id": campaign["id"],
        "of": campaign["audience_id"],
        "audience_id": uuid7(),
        "by": by,
    }
    made = (await session.execute(FAILED, values, within=WITHIN)).scalar_one_or_none()
    return UUID(str(made)) if made else None


def _values(campaign: Row) -> dict[str, Any]:
    asked = campaign["audience"]
    values: dict[str, Any] = {
        "application_id": campaign["application_id"],
        "channel": campaign["channel"],
    }
    if "audience_id" in asked:
        values["audience_id"] = UUID(asked["audience_id"])
    elif "group" in asked:
        values["group"] = asked["group"]
    return values
