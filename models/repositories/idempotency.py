"""Idempotency keys: the same key and body get the same answer, also when they arrive at once."""

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import text

from models.errors import InFlight, KeyReused
from models.sessions import Session

# Held until the transaction ends, so there is no lease to expire. Two keys with the same hash
# only cost each other a retry.
LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")

FIND = text("""
SELECT fingerprint, status, answer FROM idempotency_key
WHERE application_id = :application_id AND route = :route AND key = :key AND expires_at > now()
""")

# An expired row that was not swept yet is overwritten.
FINISH = text("""
INSERT INTO idempotency_key (application_id, route, key, fingerprint, status, answer, expires_at)
VALUES (:application_id, :route, :key, :fingerprint, :status, :answer, now() + interval '7 days')
ON CONFLICT (application_id, route, key) DO UPDATE
SET fingerprint = excluded.fingerprint, status = excluded.status, answer = excluded.answer,
    expires_at = excluded.expires_at
""")

SWEPT_MOST = 5000  # of one transaction

# Expired still when it is deleted: somebody may have taken the key again meanwhile.
SWEEP = text(f"""
WITH old AS (
    SELECT application_id, route, key FROM idempotency_key
    WHERE expires_at < now() LIMIT {SWEPT_MOST}
), gone AS (
    DELETE FROM idempotency_key k USING old
    WHERE k.application_id = old.application_id AND k.route = old.route AND k.key = old.key
      AND k.expires_at < now()
    RETURNING 1
)
SELECT count(*) FROM gone
""")  # noqa: S608 - our own constant

SWEEP_DEDUPE = text(f"""
WITH old AS (
    SELECT application_id, key FROM dedupe_key WHERE expires_at < now() LIMIT {SWEPT_MOST}
), gone AS (
    DELETE FROM dedupe_key k USING old
    WHERE k.application_id = old.application_id AND k.key = old.key AND k.expires_at < now()
    RETURNING 1
)
SELECT count(*) FROM gone
""")  # noqa: S608 - our own constant


@dataclass(frozen=True, slots=True)
class Scope:
    """A key means something only to one application and route."""

    application_id: UUID
    route: str
    key: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered before, to be given again."""

    status: int
    body: bytes


async def begin(session: Session, scope: Scope, fingerprint: bytes) -> Answer | None:
    """The answer given before, or None: go on. Raises InFlight and KeyReused."""
    name = f"{scope.application_id}/{scope.route}/{scope.key}"
    if not (await session.execute(LOCK, {"name": name})).scalar_one():
        raise InFlight(
            "a request with this key is at work", field="Idempotency-Key", retry_after_seconds=1
        )
    # A new statement: it sees what the last holder of the lock has committed.
    row = (await session.execute(FIND, asdict(scope))).one_or_none()
    if row is None:
        return None
    if bytes(row.fingerprint) != fingerprint:
        raise KeyReused("this key belongs to another body", field="Idempotency-Key")
    return Answer(row.status, bytes(row.answer))


async def finish(session: Session, scope: Scope, fingerprint: bytes, answer: Answer) -> None:
    """Keep the answer, in the transaction that makes it true."""
    values = asdict(scope) | {
        "fingerprint": fingerprint,
        "status": answer.status,
        "answer": answer.body,
    }
    await session.execute(FINISH, values)


async def sweep(session: Session) -> bool:
    """Forget some of the keys that are older than their seven days; may there be more of them?"""
    gone = [(await session.execute(which)).scalar_one() for which in (SWEEP, SWEEP_DEDUPE)]
    return SWEPT_MOST in gone
