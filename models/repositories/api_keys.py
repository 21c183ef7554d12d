"""API keys. Only their SHA-256 and last four characters are known here."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from models.sessions import Session

FIND = text("""
SELECT k.id AS key_id, k.application_id, a.name AS application, k.owner, k.scopes
FROM api_key k JOIN application a ON a.id = k.application_id
WHERE k.sha256 = :sha256 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
""")

INSERT = text("""
INSERT INTO api_key (id, application_id, name, owner, sha256, last_four, scopes, expires_at)
VALUES (:id, :application_id, :name, :owner, :sha256, :last_four, :scopes, :expires_at)
""")

LIST = text("""
SELECT k.id, a.name AS application, k.name, k.owner, k.last_four, k.scopes, k.created_at,
       k.expires_at, k.revoked_at
FROM api_key k JOIN application a ON a.id = k.application_id ORDER BY k.id
""")

REVOKE = text("""
UPDATE api_key SET revoked_at = now() WHERE id = :id AND revoked_at IS NULL RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, by key."""

    key_id: UUID
    application_id: UUID
    application: str
    owner: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class NewKey:
    """What is kept of a key."""

    id: UUID
    application_id: UUID
    name: str
    owner: str
    sha256: bytes
    last_four: str
    scopes: list[str]
    expires_at: datetime | None


async def find(session: Session, sha256: bytes) -> Caller | None:
    """The live key's owner. One that is revoked or expired is none."""
    row = (await session.execute(FIND, {"sha256": sha256})).mappings().one_or_none()
    return Caller(**{**row, "scopes": frozenset(row["scopes"])}) if row else None


async def insert(session: Session, key: NewKey) -> None:
    """Keep a new key."""
    names = NewKey.__slots__
    await session.execute(INSERT, {name: getattr(key, name) for name in names})


async def every(session: Session) -> list[dict[str, object]]:
    """All keys, without what they are."""
    return [dict(row) for row in (await session.execute(LIST)).mappings()]


async def revoke(session: Session, key_id: UUID) -> bool:
    """Was it live until now?"""
    return bool((await session.execute(REVOKE, {"id": key_id})).all())
