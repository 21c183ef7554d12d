"""Deciding, as SQL: which messages a notification gets, when it has ended, what is open.

Preferences, caps and quiet hours join CANDIDATES later: it alone says what may be sent to whom.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from models.messages import CALL_DEADLINE
from models.repositories.listings import FURTHEST, REACHED
from models.selection import Selection
from models.sessions import Session

STATUS = text("SELECT status FROM owner WHERE id = :owner_id")

# When there is something to do for a message that has not ended: its lease, its turn, its end.
LOOK_AT = """
CASE phase WHEN 'sending' THEN lease_until
     WHEN 'queued' THEN LEAST(next_at, expires_at - CAST(:call_deadline AS interval))
     ELSE next_at END
"""

# Each open notification, how far it is, and where it may go: a direct address, or the profile's
# best contact on the channel; of one that was merged while this was accepted, the other's, which is
# looked for only then. `first` takes one channel after the other. Materialized, and never joined
# with each other: PostgreSQL expects one row of each, and would loop over a batch squared.
#
# `driving` is the owner, found by its id alone, and is not looked for as one that is `running`,
# nor a listing as one that is `scheduled`: with statistics that lag behind, all that runs or waits
# would be read for each of these.
CANDIDATES = f"""
open AS MATERIALIZED (
    SELECT n.id, n.application_id, n.profile_id, n.addresses, n.channels, n.channel_mode, n.due_at,
           n.expires_at, n.cancelled_at, n.pinned_account_id, n.created_at,
           n.revision, n.kind, progress.*
    FROM driving JOIN notification n ON n.owner_id = :owner_id AND n.ended_at IS NULL
    CROSS JOIN LATERAL (
        SELECT count(*) AS messages, COALESCE(max(m.step), 0) AS last_step,
               COALESCE(bool_and(m.phase = 'ended'), true) AS all_ended,
               COALESCE(bool_or(m.result IN ('sent', 'unknown')), false) AS reached,
               min({REACHED}) AS furthest
        FROM message m WHERE m.owner_id = :owner_id AND m.notification_id = n.id
    ) progress
    WHERE driving.status = 'running'
), candidate AS MATERIALIZED (
    SELECT open.id, open.application_id, open.channel_mode, open.due_at, open.expires_at,
           open.pinned_account_id,
           ch.channel, a.address, ch.step AS rank,
           CASE WHEN open.channel_mode = 'first' THEN ch.step ELSE 0 END AS step
    FROM open
    CROSS JOIN LATERAL unnest(open.channels) WITH ORDINALITY AS ch (channel, step)
    CROSS JOIN LATERAL (
        SELECT open.addresses ->> ch.channel AS address
        WHERE jsonb_exists(open.addresses, ch.channel)
        UNION ALL (
            SELECT c.address FROM contact c
            LEFT JOIN suppression s ON s.application_id = open.application_id
                 AND s.channel = c.channel AND s.address = c.address
            WHERE c.profile_id = open.profile_id AND c.channel = ch.channel
            ORDER BY s.address IS NOT NULL, c.rank, c.id LIMIT 1)
        UNION ALL (
            SELECT c.address FROM profile p JOIN contact c ON c.profile_id = p.merged_into
            LEFT JOIN suppression s ON s.application_id = open.application_id
                 AND s.channel = c.channel AND s.address = c.address
            WHERE p.id = open.profile_id AND c.channel = ch.channel
            ORDER BY s.address IS NOT NULL, c.rank, c.id LIMIT 1)
        LIMIT 1
    ) a
    WHERE open.cancelled_at IS NULL AND open.expires_at > now() + CAST(:call_deadline AS interval)
      AND (open.messages = 0 AND open.channel_mode = 'all'
           OR open.channel_mode = 'first' AND open.all_ended AND NOT open.reached
              AND ch.step > open.last_step)
)
"""  # noqa: S608 - our own constants

# The owner moves with every decision, and with every end that a decision could come before. Of two
# at once the second finds it moved since it looked, and does nothing now; the next one sees what
# the first did. Whoever needs an owner and a listing takes the owner first.
DRIVE = """
UPDATE owner SET revision = revision + 1 WHERE id = :owner_id AND revision = (
    SELECT revision FROM (
        SELECT revision, status, approved_hash, content_hash
        FROM owner WHERE id = :owner_id OFFSET 0) o
    WHERE status = 'running' AND approved_hash IS NOT DISTINCT FROM content_hash)
RETURNING status
"""

# One that was accepted for later is taken here from who would still edit it: one of the two finds
# its listing gone, and then nothing is decided of it now.
#
# Nobody waits for the disk: the claim that follows does, and takes this with it. Lost in a crash
# before that, it is decided again.
DECIDE = text(f"""
WITH driving AS MATERIALIZED (
    {DRIVE}, set_config('synchronous_commit', 'off', true) AS unhurried
), {CANDIDATES}, waiting AS MATERIALIZED (
    SELECT open.id, open.kind, l.status FROM open CROSS JOIN LATERAL (
        SELECT status FROM notification_listing l
        WHERE l.kind = open.kind AND l.status = 'scheduled' AND l.id = open.id LIMIT 1) l
    WHERE open.due_at > open.created_at AND open.due_at <= now()
), begun AS (
    UPDATE notification_listing l SET status = 'open' FROM waiting
    WHERE l.kind = waiting.kind AND l.status = waiting.status AND l.id = waiting.id
    RETURNING l.id
), chosen AS (
    SELECT c.*, s.reason AS suppressed,
           row_number() OVER (PARTITION BY c.id ORDER BY c.rank) AS place
    FROM candidate c
    LEFT JOIN suppression s ON s.application_id = c.application_id
         AND s.channel = c.channel AND s.address = c.address
    WHERE c.due_at <= now()
      AND c.id NOT IN (SELECT id FROM waiting EXCEPT SELECT id FROM begun)
), written AS (
    INSERT INTO message (owner_id, seq, notification_id, application_id, step, channel, address,
        phase, result, reason, pinned_account_id, next_at, expires_at)
    SELECT :owner_id,
        (SELECT COALESCE(max(seq), 0) FROM message WHERE owner_id = :owner_id)
            + row_number() OVER (ORDER BY id, rank),
        id, application_id, step, channel, address,
        CASE WHEN suppressed IS NULL THEN 'queued' ELSE 'ended' END,
        CASE WHEN suppressed IS NOT NULL THEN 'suppressed' END, suppressed, pinned_account_id,
        due_at, expires_at
    FROM chosen WHERE channel_mode = 'all' OR place = 1
    ON CONFLICT DO NOTHING
    RETURNING owner_id, seq, version, application_id, notification_id, channel, result, reason,
        expires_at
), events AS (
    INSERT INTO event (application_id, notification_id, owner_id, seq, version, kind, reason)
    SELECT application_id, notification_id, owner_id, seq, version,
           COALESCE(result, 'queued'), reason FROM written
)
SELECT channel, min(seq) AS first, max(seq) AS last, max(expires_at) AS expires_at,
       count(result) AS ended,
       (SELECT count(*) FROM open) - (SELECT count(DISTINCT notification_id) FROM written) AS others
FROM written GROUP BY channel
""")  # noqa: S608 - our own constant

# The owner ends with its last notification, in the same statement. Notifications first, then the
# owner, then listings, and whatever somebody else is ending or cancelling is left to them: so no
# two of these, and no cancellation, ever wait for each other in a circle; nor does one end that was
# edited since it was looked at. One that is not `settled` could get a message from a decision that
# looked before: it ends only if the owner, waited for, has not moved. The first two columns are for
# the delivery that asks: when there is next something to do in its range, NULL if all of that
# ended.
END = text(f"""
WITH driving AS MATERIALIZED (
    SELECT status, revision FROM owner WHERE id = :owner_id
), {CANDIDATES}, over AS (
    SELECT open.id, open.revision,
        messages > 0 AND (channel_mode = 'all' OR reached OR last_step = cardinality(channels))
            AS settled, CASE
        WHEN messages = 0 AND cancelled_at IS NOT NULL THEN 'cancelled'
        WHEN messages = 0 AND expires_at <= now() + CAST(:call_deadline AS interval) THEN 'expired'
        WHEN messages = 0 THEN 'no_contact'
        ELSE 'done' END AS why, CASE
        WHEN messages > 0 THEN ({FURTHEST})[furthest]
        WHEN cancelled_at IS NOT NULL THEN 'cancelled'
        WHEN expires_at <= now() + CAST(:call_deadline AS interval) THEN 'expired'
        ELSE 'failed' END AS listed_as
    FROM open
    WHERE all_ended AND id NOT IN (SELECT id FROM candidate)
      AND (messages > 0 OR due_at <= now() OR cancelled_at IS NOT NULL)
), free AS (
    SELECT n.id, over.settled, over.why, over.listed_as
    FROM notification n JOIN over ON over.id = n.id AND over.revision = n.revision
    WHERE n.ended_at IS NULL FOR UPDATE OF n SKIP LOCKED
), moved AS (
    UPDATE owner SET revision = owner.revision + 1,
        status = CASE WHEN last THEN 'ended' ELSE owner.status END,
        ended_at = CASE WHEN last THEN now() END
    FROM driving CROSS JOIN (
        SELECT NOT EXISTS (SELECT FROM open WHERE id NOT IN (SELECT id FROM free)) AS last OFFSET 0
    ) rest
    WHERE owner.id = :owner_id AND owner.revision = driving.revision
      AND driving.status = 'running' AND (last OR EXISTS (SELECT FROM free WHERE NOT settled))
    RETURNING owner.status
), ended AS (
    UPDATE notification n SET ended_at = now(), end_reason = free.why
    FROM free WHERE n.id = free.id AND (free.settled OR EXISTS (SELECT FROM moved))
    RETURNING n.id, n.application_id, n.owner_id, n.kind, free.why, free.listed_as
), events AS (
    INSERT INTO event (application_id, notification_id, owner_id, kind, reason)
    SELECT application_id, id, owner_id, 'ended', why FROM ended
), listed AS (
    UPDATE notification_listing l SET status = ended.listed_as FROM ended
    WHERE l.kind = ended.kind AND l.status IN ('open', 'scheduled') AND l.id = ended.id
)
SELECT min({LOOK_AT}) AS look_again_at,
       min(expires_at - CAST(:call_deadline AS interval)) FILTER (WHERE phase = 'queued')
           AS first_expiry,
       EXISTS (SELECT FROM moved WHERE status = 'ended') AS ended
FROM message WHERE owner_id = :owner_id AND seq BETWEEN :first AND :last
  AND channel = :channel AND phase <> 'ended'
""")  # noqa: S608 - our own constant

OPEN_CHANNELS = text(f"""
SELECT channel, min(seq) AS first, max(seq) AS last, max(expires_at) AS expires_at,
       min({LOOK_AT}) <= now() AS due, min({LOOK_AT}) AS look_again_at
FROM message WHERE owner_id = :owner_id AND phase <> 'ended' GROUP BY channel
""")  # noqa: S608 - our own constant

# Not «due later than now»: what came due between two statements would be forgotten.
UNDECIDED = """
SELECT min(due_at) FROM notification n
WHERE n.owner_id = :owner_id AND n.ended_at IS NULL AND NOT EXISTS (
    SELECT FROM message m WHERE m.owner_id = :owner_id AND m.notification_id = n.id)
"""
NEXT_DUE = text(UNDECIDED)

NEXT = text("UPDATE owner SET next_at = :at WHERE id = :owner_id AND status <> 'ended'")

# The range's own time, or an earlier one of the owner's other messages and notifications.
NEXT_BESIDE = text(f"""
UPDATE owner SET next_at = COALESCE(LEAST(CAST(:at AS timestamptz), ({UNDECIDED}), (
        SELECT min({LOOK_AT}) FROM message WHERE owner_id = :owner_id AND phase <> 'ended'
          AND NOT (channel = :channel AND seq BETWEEN :first AND :last))), next_at)
WHERE id = :owner_id AND status <> 'ended'
""")  # noqa: S608 - our own constant


@dataclass(frozen=True, slots=True)
class OpenChannel:
    """The messages of one channel that have not ended."""

    which: Selection
    due: bool
    look_again_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """When something may next be done in a range (None: never), and whether the owner ended."""

    at: datetime | None
    first_expiry: datetime | None  # of what is queued: whatever it waits for, then it ends
    ended: bool


async def status(session: Session, owner_id: UUID) -> str:
    """The owner's status; `gone` if there is no such owner."""
    found: str | None = (await session.execute(STATUS, {"owner_id": owner_id})).scalar_one_or_none()
    return found or "gone"


async def decide(session: Session, owner_id: UUID) -> list[OpenChannel] | None:
    """Write the messages that shall be sent; those that are there already stay as they are.

    What to deliver, if that is all there is to say of the owner: every open notification has just
    got its messages, all due. Otherwise None: `end` and `open_channels` know.
    """
    values = {"owner_id": owner_id, "call_deadline": CALL_DEADLINE}
    while True:
        rows = (await session.execute(DECIDE, values)).all()
        if rows and not any(row.ended or row.others for row in rows):
            return [
                OpenChannel(
                    Selection(owner_id, row.channel, row.first, row.last),
                    due=True,
                    look_again_at=row.expires_at,
                    expires_at=row.expires_at,
                )
                for row in rows
            ]
        if not any(row.ended for row in rows):  # else a next channel may follow at once
            return None


async def end(session: Session, owner_id: UUID) -> bool:
    """End what has nothing left to do: notifications, and their owner. Has it ended now?"""
    return (await end_and_look(session, Selection(owner_id, "", 0, 0))).ended


async def end_and_look(session: Session, which: Selection) -> Look:
    """The same, and what is left to do in this range."""
    values = asdict(which) | {"call_deadline": CALL_DEADLINE}
    row = (await session.execute(END, values)).one()
    return Look(row.look_again_at, row.first_expiry, row.ended)


async def open_channels(session: Session, owner_id: UUID) -> list[OpenChannel]:
    """What has not ended, by channel."""
    values = {"owner_id": owner_id, "call_deadline": CALL_DEADLINE}
    return [
        OpenChannel(
            Selection(owner_id, row["channel"], row["first"], row["last"]),
            row["due"],
            row["look_again_at"],
            row["expires_at"],
        )
        for row in (await session.execute(OPEN_CHANNELS, values)).mappings()
    ]


async def next_due(session: Session, owner_id: UUID) -> datetime | None:
    """When the first of the owner's notifications that have no message yet is due, or was."""
    found: datetime | None = (
        await session.execute(NEXT_DUE, {"owner_id": owner_id})
    ).scalar_one_or_none()
    return found


async def set_next(session: Session, owner_id: UUID, at: datetime) -> None:
    """When its workflow will look again: the reconciler measures overdue from here."""
    await session.execute(NEXT, {"owner_id": owner_id, "at": at})


async def set_next_beside(session: Session, which: Selection, at: datetime | None) -> None:
    """The same after a delivery: `at` is its range's next time, None if all of that has ended."""
    values = asdict(which) | {"at": at, "call_deadline": CALL_DEADLINE}
    await session.execute(NEXT_BESIDE, values)
