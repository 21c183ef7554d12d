"""Log-ins by the company's account that are under way: each is used once, within some minutes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from models.sessions import Session

KEPT = timedelta(minutes=10)

BEGIN = text("""
INSERT INTO staff_oidc_login (sha256, nonce, verifier, next, began_at)
VALUES (:sha256, :nonce, :verifier, :next, :now)
""")
SWEEP = text("DELETE FROM staff_oidc_login WHERE began_at < :oldest")
TAKE = text("""
DELETE FROM staff_oidc_login WHERE sha256 = :sha256 RETURNING nonce, verifier, next, began_at
""")


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What the answer must fit, and where the log-in leads."""

    nonce: str
    verifier: str
    next: str


async def begin(session: Session, sha256: bytes, login: UnderWay, now: datetime) -> None:
    """One more; those that nobody finished are deleted on the way."""
    await session.execute(SWEEP, {"oldest": now - KEPT})
    values = {"nonce": login.nonce, "verifier": login.verifier, "next": login.next}
    await session.execute(BEGIN, values | {"sha256": sha256, "now": now})


async def take(session: Session, sha256: bytes, now: datetime) -> UnderWay | None:
    """It, once; None if there is none, or it took too long."""
    row = (await session.execute(TAKE, {"sha256": sha256})).one_or_none()
    if row is None or row.began_at < now - KEPT:
        return None
    return UnderWay(row.nonce, row.verifier, row.next)
