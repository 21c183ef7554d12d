"""Reading and cancelling notifications. Callers own the transaction; nothing here commits."""

from uuid import UUID

from sqlalchemy import RowMapping as Row
from sqlalchemy import text

from models.errors import NotFound
from models.repositories.messages import MAY_HAVE_GONE
from models.sessions import Session

GET = text("""
SELECT n.*, c.name AS category, t.name AS template, v.number AS template_version, now() AS now,
       o.kind AS owner_kind
FROM notification n JOIN category c ON c.id = n.category_id
LEFT JOIN owner o ON o.id = n.owner_id
LEFT JOIN template_version v ON v.id = n.template_version_id
LEFT JOIN template t ON t.id = v.template_id
WHERE n.id = :id AND n.application_id = :application_id
""")

MESSAGES = text("""
SELECT m.*, m.owner_id || '.' || m.seq AS id, a.name AS account, a.vendor
FROM message m LEFT JOIN vendor_account a ON a.id = m.account_id
WHERE m.owner_id = :owner_id AND m.notification_id = :id ORDER BY m.seq
""")

ATTEMPTS = text("""
SELECT t.*, a.name AS account, a.vendor
FROM attempt t JOIN vendor_account a ON a.id = t.account_id
WHERE t.owner_id = :owner_id AND t.seq = ANY(:seqs) ORDER BY t.seq, t.n
""")

# Nothing happened before it was created: older partitions are not read.
EVENTS = text("""
SELECT id, at, kind, reason, seq, attempt, version, actor_id FROM event
WHERE notification_id = :id AND at >= :since ORDER BY id LIMIT 1000
""")

# What `decide` has queued so far is stopped in the same transaction.
CANCEL = text("""
UPDATE notification SET cancelled_at = now(), revision = revision + 1
WHERE id = :id AND application_id = :application_id AND ended_at IS NULL AND cancelled_at IS NULL
RETURNING owner_id
""")

# A re-send that is stopped leaves its message as unknown as it was.
STOP = text(f"""
WITH stopped AS (
    UPDATE message m SET phase = 'ended', reason = 'cancelled', version = version + 1,
           result = CASE WHEN {MAY_HAVE_GONE} THEN 'unknown' ELSE 'cancelled' END
    WHERE owner_id = :owner_id AND notification_id = :id AND phase = 'queued'
    RETURNING owner_id, seq, version, application_id, notification_id,
        CASE result WHEN 'unknown' THEN 'held' ELSE result END AS kind
)
INSERT INTO event
    (application_id, notification_id, owner_id, seq, version, kind, reason, actor_id)
SELECT application_id, notification_id, owner_id, seq, version, kind, 'by_caller', :actor_id
FROM stopped
""")  # noqa: S608 - our own constant

NOTE = text("""
INSERT INTO event (application_id, notification_id, owner_id, kind, actor_id)
VALUES (:application_id, :id, :owner_id, 'cancel_requested', :actor_id)
""")

RESENT = text("""
INSERT INTO event (application_id, notification_id, owner_id, kind, actor_id)
VALUES (:application_id, :id, :owner_id, 'resent', :actor_id)
""")

# One that waits to share a workflow has no owner to end it.
END_WITHOUT_OWNER = text("""
WITH ended AS (
    UPDATE notification SET ended_at = now(), end_reason = 'cancelled'
    WHERE id = :id AND owner_id IS NULL AND ended_at IS NULL
    RETURNING id, application_id, kind
), listed AS (
    UPDATE notification_listing l SET status = 'cancelled' FROM ended
    WHERE l.kind = ended.kind AND l.status IN ('open', 'scheduled') AND l.id = ended.id
)
INSERT INTO event (application_id, notification_id, kind, reason)
SELECT application_id, id, 'ended', 'cancelled' FROM ended
""")


async def get(session: Session, application_id: UUID, id: UUID) -> Row:
    """The application's notification, or NotFound."""
    values = {"id": id, "application_id": application_id}
    row = (await session.execute(GET, values)).mappings().one_or_none()
    if row is None:
        raise NotFound("no such notification", field="id")
    return row


async def messages(session: Session, row: Row) -> list[Row]:
    """Its messages, in order."""
    if row["owner_id"] is None:
        return []
    values = {"owner_id": row["owner_id"], "id": row["id"]}
    return list((await session.execute(MESSAGES, values)).mappings())


async def attempts(session: Session, row: Row, messages: list[Row]) -> list[Row]:
    """The vendor calls for these messages, in order."""
    if not messages:
        return []
    values = {"owner_id": row["owner_id"], "seqs": [m["seq"] for m in messages]}
    return list((await session.execute(ATTEMPTS, values)).mappings())


async def events(session: Session, row: Row) -> list[Row]:
    """Its account, oldest first; at most 1,000 lines."""
    values = {"id": row["id"], "since": row["created_at"]}
    return list((await session.execute(EVENTS, values)).mappings())


async def cancel(session: Session, application_id: UUID, id: UUID, actor_id: UUID) -> bool:
    """Stop what is not yet handed over; False if it had ended or was cancelled before."""
    values = {"id": id, "application_id": application_id, "actor_id": actor_id}
    session.info["wrote"] = True  # from here on a lost answer leaves it open
    cancelled = (await session.execute(CANCEL, values)).one_or_none()
    if cancelled is None:
        return False
    values["owner_id"] = cancelled.owner_id
    await session.execute(NOTE, values)
    if cancelled.owner_id is None:
        await session.execute(END_WITHOUT_OWNER, values)
    else:
        await session.execute(STOP, values)
    return True


async def tell_resent(session: Session, row: Row, actor_id: UUID) -> None:
    """Its account says that it was sent again, and by whom."""
    values = {name: row[name] for name in ("id", "application_id", "owner_id")}
    await session.execute(RESENT, values | {"actor_id": actor_id})
