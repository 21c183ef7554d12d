"""The audience as it is at submission: each contact once, and from then on the same.

A campaign's messages are numbered by their audience's lines: `message.seq` is `audience_row.line`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.repositories.campaigns import Row
from models.sessions import Session

WITHIN = timedelta(minutes=10)  # a million people take some 20 s

# One preparation of a campaign at a time: a retry waits for the try it replaces.
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:id AS text), 4))")
COMPLETE = text("""
SELECT state, channel FROM audience WHERE id = :audience_id AND application_id = :application_id
""")
# The best contact on the channel, one that is not suppressed before one that is.
PEOPLE = """
SELECT p.id, p.external_id, p.name, p.locale, p.time_zone, best.address
FROM profile p {members}
LEFT JOIN LATERAL (
    SELECT c.address FROM contact c
    LEFT JOIN suppression s ON s.application_id = p.application_id
         AND s.channel = c.channel AND s.address = c.address
    WHERE c.profile_id = p.id AND c.channel = :channel
    ORDER BY s.address IS NOT NULL, c.rank, c.id LIMIT 1) best ON true
WHERE p.application_id = :application_id AND p.merged_into IS NULL
"""
MEMBERS = """
JOIN group_member g ON g.profile_id = p.id
JOIN profile_group pg ON pg.id = g.group_id AND pg.name = :group
     AND pg.application_id = p.application_id
"""
FREEZE = """
WITH people AS ({people}), told AS (
    INSERT INTO audience_row (audience_id, line, address, external_id, name, locale, time_zone)
    SELECT :audience_id, row_number() OVER (ORDER BY id), address, external_id, name, locale,
           time_zone
    FROM people WHERE address IS NOT NULL RETURNING line
)
INSERT INTO audience (id, application_id, channel, kind, state, rows, lines, without_contact,
    created_by, completed_at)
SELECT :audience_id, :application_id, :channel, 'people', 'complete', (SELECT count(*) FROM told),
    (SELECT count(*) FROM told), (SELECT count(*) FROM people WHERE address IS NULL),
    :created_by, now()
"""
EVERYONE = text(FREEZE.format(people=PEOPLE.format(members="")))
GROUP = text(FREEZE.format(people=PEOPLE.format(members=MEMBERS)))
GROUP_IS_THERE = text("""
SELECT EXISTS (SELECT FROM profile_group WHERE application_id = :application_id AND name = :group)
""")
CLEAR = text("DELETE FROM message WHERE owner_id = :id")
# People frozen for its earlier submission: nobody else's.
FORGET = text("""
WITH gone AS (
    DELETE FROM audience a USING campaign c
    WHERE c.id = :id AND a.id = c.audience_id AND a.kind = 'people' RETURNING a.id
)
DELETE FROM audience_row WHERE audience_id IN (SELECT id FROM gone)
""")
SNAPSHOT = text("""
WITH people AS (
    SELECT DISTINCT ON (address) line, address FROM audience_row
    WHERE audience_id = :audience_id ORDER BY address, line
), written AS (
    INSERT INTO message (owner_id, seq, application_id, step, channel, address, phase, result,
        reason, next_at, expires_at)
    SELECT :id, p.line, :application_id, 0, :channel, p.address,
        CASE WHEN s.address IS NULL THEN 'queued' ELSE 'ended' END,
        CASE WHEN s.address IS NOT NULL THEN 'suppressed' END, s.reason, now(), 'infinity'
    FROM people p LEFT JOIN suppression s ON s.application_id = :application_id
         AND s.channel = :channel AND s.address = p.address
    ORDER BY p.line
    RETURNING seq, result, address
)
SELECT count(*) AS people, count(result) AS suppressed, min(seq) AS first, max(seq) AS last,
       CAST(COALESCE(sum(hashtextextended(seq || ' ' || address, 0)), 0) AS text) AS digest,
       (SELECT count(*) FROM audience_row WHERE audience_id = :audience_id) AS rows
FROM written
""")
LINE_OF = text("""
SELECT max(seq) FROM (
    SELECT seq FROM message WHERE owner_id = :id AND phase = 'queued' ORDER BY seq LIMIT :n) first
""")
# Spread evenly over the audience, from its first to its last.
SAMPLE = text("""
SELECT DISTINCT r.line, r.address, r.name, r.locale, r.data
FROM generate_series(0, :size - 1) AS n
CROSS JOIN LATERAL (
    SELECT r.* FROM audience_row r WHERE r.audience_id = :audience_id
    AND r.line >= 1 + n * (SELECT lines FROM audience WHERE id = :audience_id) / :size
    ORDER BY r.line LIMIT 1) r
ORDER BY r.line
""")
FACTS = text("""
SELECT cat.priority, cat.name AS category, cat.mandatory, v.content AS version,
       t.archived_at AS template_archived_at,
       a.time_zone, a.off_hours_from, a.off_hours_to,
       EXISTS (SELECT FROM vendor_account va WHERE va.application_id = c.application_id
           AND va.channel = c.channel AND va.paused_at IS NULL) AS has_account
FROM campaign c JOIN category cat ON cat.id = c.category_id
JOIN application a ON a.id = c.application_id
LEFT JOIN template_version v ON v.id = c.template_version_id
LEFT JOIN template t ON t.id = v.template_id
WHERE c.id = :id
""")
# Who has made or filled the audience has a hand in what is sent, and does not approve it.
FINISH = text("""
UPDATE campaign SET authors = authors || ARRAY(
        SELECT DISTINCT who FROM audience a, unnest(a.created_by || a.authors) who
        WHERE a.id = :audience_id AND NOT who = ANY(campaign.authors) ORDER BY who),
    audience_id = :audience_id, people = :people, duplicates = :duplicates,
    problems = CAST(:problems AS jsonb), content_hash = :hash,
    approvals_needed = :approvals_needed, canary_until = :canary_until, canary_passed_at = NULL,
    lapses_at = now() + approval_within,
    on_unknown = (SELECT cat.on_unknown FROM category cat WHERE cat.id = category_id)
WHERE id = :id
""")
BIND = text("UPDATE owner SET content_hash = :hash, approved_hash = NULL WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was counted. `people`: distinct contacts; `rows`: what the audience has."""

    audience_id: UUID
    rows: int
    people: int
    suppressed: int
    digest: str


async def prepare_lock(session: Session, id: UUID) -> None:
    """Held until the transaction ends."""
    await session.execute(LOCK, {"id": str(id)}, within=WITHIN)


async def audience_of(session: Session, campaign: Row) -> UUID | str:
    """The audience's id, frozen if it is people; or a word that says why there is none."""
    asked = campaign["audience"]
    values: dict[str, Any] = {"application_id": campaign["application_id"]}
    if "audience_id" in asked:
        values["audience_id"] = UUID(asked["audience_id"])
        row = (await session.execute(COMPLETE, values)).one_or_none()
        if row is None:
            return "audience_unknown"
        if row.channel != campaign["channel"]:
            return "audience_of_another_channel"
        return values["audience_id"] if row.state == "complete" else "audience_incomplete"
    if "group" in asked:
        values["group"] = asked["group"]
        if not (await session.execute(GROUP_IS_THERE, values)).scalar_one():
            return "group_unknown"
    id: UUID = uuid7()
    values |= {"audience_id": id, "channel": campaign["channel"]}
    values["created_by"] = campaign["created_by"]
    await session.execute(GROUP if "group" in asked else EVERYONE, values, within=WITHIN)
    return id


async def take(session: Session, campaign: Row, audience_id: UUID) -> Snapshot:
    """Write the messages, those of an earlier submission replaced: nothing was sent of them."""
    values = {
        "id": campaign["id"],
        "application_id": campaign["application_id"],
        "channel": campaign["channel"],
        "audience_id": audience_id,
    }
    await clear(session, campaign["id"])
    row = (await session.execute(SNAPSHOT, values, within=WITHIN)).one()
    return Snapshot(audience_id, row.rows, row.people, row.suppressed, row.digest)


async def clear(session: Session, id: UUID) -> None:
    """Nobody is in its books: what an earlier submission counted is void."""
    await session.execute(CLEAR, {"id": id}, within=WITHIN)
    await session.execute(FORGET, {"id": id}, within=WITHIN)


async def line_of(session: Session, id: UUID, n: int) -> int | None:
    """The line of the nth of those who will be told, or of the last; None: there is nobody."""
    found: int | None = (await session.execute(LINE_OF, {"id": id, "n": n})).scalar_one()
    return found


async def sample(session: Session, audience_id: UUID, size: int) -> Sequence[Row]:
    """Up to `size` rows, from the first to the last."""
    rows = await session.execute(SAMPLE, {"audience_id": audience_id, "size": size})
    return [dict(row) for row in rows.mappings()]


async def facts(session: Session, id: UUID) -> Row:
    """What the rules ask about, beside the campaign itself."""
    return dict((await session.execute(FACTS, {"id": id})).mappings().one())


async def finish(session: Session, id: UUID, values: Row) -> None:
    """Write the result; the owner is bound to its hash."""
    await session.execute(FINISH, {**values, "id": id})
    await session.execute(BIND, {"id": id, "hash": values["hash"]})
