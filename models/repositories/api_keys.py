"""API keys. Only their SHA-256 and last four characters are known here.

Whoever makes, rotates or revokes one does it by the functions that write the audit log as well.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text

from models.errors import Conflict, NotFound
from models.repositories import audit_log
from models.repositories.audit_log import Actor, Entry
from models.sessions import Session

Row = dict[str, Any]

MOST_OF_A_LINEAGE = 2  # live keys: the one in use, and the one it is being replaced by

LIVE = "k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())"

FIND = text(f"""
SELECT k.sha256, k.id AS key_id, k.application_id, a.name AS application, k.owner, k.scopes,
       k.expires_at, COALESCE(k.requests_per_second, a.requests_per_second) AS requests_per_second
FROM api_key k JOIN application a ON a.id = k.application_id
WHERE k.sha256 = ANY(CAST(:digests AS bytea[])) AND {LIVE}
""")  # noqa: S608 - our own constant

INSERT = text("""
INSERT INTO api_key (id, application_id, name, owner, sha256, last_four, scopes, expires_at,
    requests_per_second, lineage_id)
VALUES (CAST(:id AS uuid), :application_id, :name, :owner, :sha256, :last_four, :scopes,
    :expires_at, :requests_per_second, COALESCE(CAST(:lineage_id AS uuid), CAST(:id AS uuid)))
""")

COLUMNS = f"""
k.id, k.application_id, a.name AS application, k.name, k.owner, k.last_four, k.scopes,
k.created_at, k.expires_at, k.revoked_at, k.last_used_at, k.requests_per_second, k.lineage_id,
CASE WHEN {LIVE} THEN 'live' WHEN k.revoked_at IS NULL THEN 'expired' ELSE 'revoked' END AS state
"""

# The newest first; NULL: of every application, or from the beginning.
PAGE = text(f"""
SELECT {COLUMNS} FROM api_key k JOIN application a ON a.id = k.application_id
WHERE (CAST(:application_id AS uuid) IS NULL OR k.application_id = :application_id)
  AND (CAST(:after AS uuid) IS NULL OR k.id < :after)
ORDER BY k.id DESC LIMIT :limit
""")  # noqa: S608 - our own constant

GET = text(f"""
SELECT {COLUMNS} FROM api_key k JOIN application a ON a.id = k.application_id
WHERE k.id = :id AND (CAST(:application_id AS uuid) IS NULL OR k.application_id = :application_id)
""")  # noqa: S608 - our own constant

# Two rotations of one lineage wait for each other; the count after it sees what the first has made.
LOCK = text("SELECT FROM api_key WHERE lineage_id = :lineage_id ORDER BY id FOR UPDATE")
COUNT_LIVE = text(
    f"SELECT count(*) FROM api_key k WHERE k.lineage_id = :lineage_id AND {LIVE}"  # noqa: S608
)
END_AFTER = text("""
UPDATE api_key SET expires_at = LEAST(expires_at, now() + CAST(:overlap AS interval)) WHERE id = :id
RETURNING expires_at
""")

REVOKE = text("""
UPDATE api_key SET revoked_at = now() WHERE id = :id AND revoked_at IS NULL RETURNING id
""")

# Many at once, and none of them more often than that matters.
USED = text("""
UPDATE api_key k SET last_used_at = u.at
FROM unnest(CAST(:ids AS uuid[]), CAST(:times AS timestamptz[])) AS u (id, at)
WHERE k.id = u.id AND (k.last_used_at IS NULL OR k.last_used_at < u.at)
""")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, by key, and what it may do: a key gives others no more than that."""

    key_id: UUID
    application_id: UUID
    application: str
    owner: str
    scopes: frozenset[str]
    expires_at: datetime | None = None
    requests_per_second: float | None = None  # its own limit, or its application's


@dataclass(frozen=True, slots=True)
class NewKey:
    """What is kept of a key. `lineage_id`: of the key it replaces."""

    id: UUID
    application_id: UUID
    name: str
    owner: str
    sha256: bytes
    last_four: str
    scopes: list[str]
    expires_at: datetime | None
    requests_per_second: float | None = None
    lineage_id: UUID | None = None


async def find(session: Session, sha256: bytes) -> Caller | None:
    """The live key's owner. One that is revoked or expired is none."""
    return (await find_all(session, [sha256])).get(sha256)


async def find_all(session: Session, digests: Collection[bytes]) -> dict[bytes, Caller]:
    """The owners of those that are live, by the SHA-256 of each."""
    rows = (await session.execute(FIND, {"digests": list(digests)})).mappings()
    return {row["sha256"]: _caller(row) for row in rows}


async def insert(session: Session, key: NewKey) -> None:
    """Keep a new key, without a word in the audit log: for what a first start makes."""
    await session.execute(INSERT, {name: getattr(key, name) for name in NewKey.__slots__})


async def create(session: Session, key: NewKey, actor: Actor) -> None:
    """Keep a new key."""
    await insert(session, key)
    await _noted(session, actor, "key.create", key.id, key.application_id, _said(key))


async def page(
    session: Session, application_id: UUID | None, after: UUID | None = None, limit: int = 10_000
) -> list[Row]:
    """Keys of the application, or of all, without what they are; the newest first."""
    values = {"application_id": application_id, "after": after, "limit": limit}
    return [dict(row) for row in (await session.execute(PAGE, values)).mappings()]


async def get(session: Session, application_id: UUID | None, id: UUID) -> Row:
    """One key; NotFound if it is not the application's."""
    values = {"id": id, "application_id": application_id}
    row = (await session.execute(GET, values)).mappings().one_or_none()
    if row is None:
        raise NotFound("no such key", field="key_id")
    return dict(row)


async def rotate(
    session: Session, old: Mapping[str, Any], new: NewKey, overlap: timedelta, actor: Actor
) -> datetime:
    """Keep the new key beside the old one, which ends after the overlap: when, comes back.

    Conflict if the old one is not live, or its lineage has two live keys already.
    """
    await session.execute(LOCK, {"lineage_id": old["lineage_id"]})
    now = await get(session, old["application_id"], old["id"])
    if now["state"] != "live":
        raise Conflict(f"the key is {now['state']}", field="key_id", reason=f"is_{now['state']}")
    live = (await session.execute(COUNT_LIVE, {"lineage_id": old["lineage_id"]})).scalar_one()
    if live >= MOST_OF_A_LINEAGE:
        raise Conflict(
            "it has been rotated, and both keys are live: revoke one, or wait until the overlap"
            " ends",
            field="key_id",
            limit=MOST_OF_A_LINEAGE,
            reason="two_live_keys",
        )
    await insert(session, new)
    ends: datetime = (
        await session.execute(END_AFTER, {"id": old["id"], "overlap": overlap})
    ).scalar_one()
    detail = _said(new) | {"replaces": str(old["id"]), "until": ends.isoformat()}
    await _noted(session, actor, "key.rotate", new.id, new.application_id, detail)
    return ends


def renewed_until(old: Mapping[str, Any]) -> datetime | None:
    """When a successor ends that lives as long as the old one was made for; None: never."""
    if old["expires_at"] is None:
        return None
    life: timedelta = old["expires_at"] - old["created_at"]
    return datetime.now(UTC) + life


async def revoke(session: Session, application_id: UUID | None, id: UUID, actor: Actor) -> bool:
    """Was it live until now? NotFound if it is not the application's."""
    key = await get(session, application_id, id)
    if not (await session.execute(REVOKE, {"id": id})).all():
        return False
    await _noted(session, actor, "key.revoke", id, key["application_id"], {})
    return True


async def used(session: Session, times: Mapping[UUID, datetime]) -> None:
    """When each was last used."""
    await session.execute(USED, {"ids": list(times), "times": list(times.values())})


def _caller(row: RowMapping) -> Caller:
    known = {name: row[name] for name in Caller.__slots__}
    return Caller(**known | {"scopes": frozenset(row["scopes"])})


def _said(key: NewKey) -> dict[str, Any]:
    return {
        "scopes": key.scopes,
        "last_four": key.last_four,
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "requests_per_second": key.requests_per_second,
    }


async def _noted(
    session: Session,
    actor: Actor,
    action: str,
    id: UUID,
    application_id: UUID,
    detail: Mapping[str, Any],
) -> None:
    entry = Entry(actor, action, "key", str(id), application_id, detail)
    await audit_log.append(session, entry)
