"""Two profiles of one person become one: contacts, groups and history go to the one that stays.

The other stays as a row that leads there, always in one step, so no merge can make a circle.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from models.errors import Conflict
from models.repositories import audit_log, profiles
from models.repositories.audit_log import Actor, Entry
from models.repositories.profiles import Ref
from models.sessions import Session

WITHIN = timedelta(minutes=2)  # a long history

# One merge of an application at a time: each sees where the one before it has led.
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:application_id AS text), 5))")
# In the order in which bulk upserts take theirs.
LOCK_BOTH = text("SELECT id FROM profile WHERE id = ANY(:ids) ORDER BY external_id FOR UPDATE")
# Behind the contacts that the other has on the channel; an address that both have is the other's.
CONTACTS = text("""
WITH moved AS (
    SELECT c.id, CAST(row_number() OVER (PARTITION BY c.channel ORDER BY c.rank, c.id) AS int)
           + COALESCE((SELECT max(rank) FROM contact t
                       WHERE t.profile_id = :into AND t.channel = c.channel), -1) AS rank
    FROM contact c WHERE c.profile_id = :id AND NOT EXISTS (
        SELECT FROM contact t WHERE t.profile_id = :into AND t.channel = c.channel
        AND t.address = c.address)
), left_over AS (
    DELETE FROM contact WHERE profile_id = :id AND id NOT IN (SELECT id FROM moved)
)
UPDATE contact c SET profile_id = :into, rank = moved.rank FROM moved WHERE c.id = moved.id
""")
GROUPS = text("""
WITH left_group AS (DELETE FROM group_member WHERE profile_id = :id RETURNING group_id)
INSERT INTO group_member (group_id, profile_id) SELECT group_id, :into FROM left_group
ON CONFLICT DO NOTHING
""")
HISTORY = text("""
UPDATE notification SET profile_id = :into
WHERE application_id = :application_id AND profile_id = :id
""")
# What the other leaves empty.
FILL = text("""
UPDATE profile p SET revision = p.revision + 1, updated_at = now(),
    name = COALESCE(NULLIF(p.name, ''), g.name), locale = COALESCE(NULLIF(p.locale, ''), g.locale),
    metadata = g.metadata || p.metadata
FROM profile g WHERE p.id = :into AND g.id = :id
""")
LEAD = text("""
UPDATE profile SET revision = revision + 1, updated_at = now(), merged_into = :into
WHERE id = :id OR merged_into = :id
""")


async def merge(session: Session, application_id: UUID, ref: Ref, into: Ref, by: Actor) -> None:
    """All that `ref` has is `into`'s; a merge that was made before changes nothing.

    Conflict: it was merged into another, or both are the same.
    """
    await session.execute(LOCK, {"application_id": str(application_id)}, within=WITHIN)
    goes = await profiles.find(session, application_id, ref)
    wanted = await profiles.find(session, application_id, into)
    stays = wanted["merged_into"] or wanted["id"]
    if goes["merged_into"] == stays:
        return
    if goes["merged_into"]:
        detail = f"it was merged into {goes['merged_into']}: merge that one"
        raise Conflict(detail, field="profile_id", reason="profile_merged")
    if goes["id"] == stays:
        circle = f"into was itself merged into {stays}: this would be a circle"
        detail = circle if wanted["merged_into"] else "both are the same profile"
        raise Conflict(detail, field="into", reason="merge_into_itself")
    await _move(session, application_id, goes["id"], stays)
    facts = {"into": str(stays)}
    entry = Entry(by, "profile.merge", "profile", str(goes["id"]), application_id, facts)
    await audit_log.append(session, entry)


async def _move(session: Session, application_id: UUID, id: UUID, into: UUID) -> None:
    values = {"application_id": application_id, "id": id, "into": into, "ids": [id, into]}
    if len((await session.execute(LOCK_BOTH, values)).all()) < 2:  # one was deleted meanwhile
        raise profiles.not_there()
    session.info["wrote"] = True
    for statement in (CONTACTS, GROUPS, HISTORY, FILL, LEAD):
        await session.execute(statement, values, within=WITHIN)
