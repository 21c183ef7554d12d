"""Sessions of the staff: known by the SHA-256 of their token, ended by time or on request.

The caller says what time it is.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.repositories.staff import MEMBER
from models.sessions import Session

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TOUCHED_EVERY = timedelta(minutes=1)
FORMS_KEPT = timedelta(days=2)

BEGIN = text("""
INSERT INTO staff_session (sha256, staff_id, began_at, seen_at) VALUES (:sha256, :staff_id, :now,
    :now)
""")
FIND = text(f"""
SELECT {MEMBER}, s.seen_at FROM staff_session s JOIN staff m ON m.id = s.staff_id
WHERE s.sha256 = :sha256 AND m.disabled_at IS NULL
  AND s.seen_at > :idle_since AND s.began_at > :oldest
""")  # noqa: S608 - our own constant
TOUCH = text("UPDATE staff_session SET seen_at = :now WHERE sha256 = :sha256 AND seen_at < :now")
END = text("DELETE FROM staff_session WHERE sha256 = :sha256")
END_ALL = text("""
DELETE FROM staff_session WHERE staff_id = :staff_id AND sha256 IS DISTINCT FROM :but
""")
SWEEP = (
    text("DELETE FROM staff_session WHERE seen_at < :idle_since"),
    text("DELETE FROM staff_form WHERE sent_at < :forms_since"),
)
USED = text("""
INSERT INTO staff_form (id, staff_id) VALUES (:id, :staff_id) ON CONFLICT DO NOTHING RETURNING id
""")


async def begin(session: Session, sha256: bytes, staff_id: UUID, now: datetime) -> None:
    """A new one; what has ended by time is deleted on the way."""
    values = {"idle_since": now - IDLE, "forms_since": now - FORMS_KEPT}
    for sweep in SWEEP:
        await session.execute(sweep, values)
    await session.execute(BEGIN, {"sha256": sha256, "staff_id": staff_id, "now": now})


async def find(session: Session, sha256: bytes, now: datetime) -> Mapping[str, Any] | None:
    """The member whose session it is, with `seen_at`; None if it has ended or they are disabled."""
    values = {"sha256": sha256, "idle_since": now - IDLE, "oldest": now - ABSOLUTE}
    row = (await session.execute(FIND, values)).mappings().one_or_none()
    return dict(row) if row else None


async def touch(session: Session, sha256: bytes, now: datetime) -> None:
    """It was used now."""
    await session.execute(TOUCH, {"sha256": sha256, "now": now})


async def end(session: Session, sha256: bytes) -> None:
    """It is none from now on."""
    await session.execute(END, {"sha256": sha256})


async def end_all(session: Session, staff_id: UUID, but: bytes | None = None) -> None:
    """All of one member, but for this one."""
    await session.execute(END_ALL, {"staff_id": staff_id, "but": but})


async def first_use(session: Session, form_id: UUID, staff_id: UUID) -> bool:
    """Was this form never sent before? It is from now on, if the transaction commits."""
    return bool((await session.execute(USED, {"id": form_id, "staff_id": staff_id})).all())
