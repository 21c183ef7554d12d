"""Changes of vendor accounts, each with its entry in the audit log, in the same transaction.

Whoever changes one has locked it (`vendor_accounts.lock`) and has checked its settings. What people
edit counts its revision up, so that two edits do not overwrite each other unseen.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.errors import Conflict, Invalid
from models.repositories import audit_log
from models.repositories.applications import NewAccount
from models.repositories.audit_log import Actor, Entry
from models.repositories.vendor_accounts import Row, opened
from models.seal import Keyring
from models.sessions import Session

SUBJECT = "vendor_account"

INSERT = text("""
INSERT INTO vendor_account (id, application_id, name, channel, vendor, rank, sealed_config)
VALUES (:id, :application_id, :name, :channel, :vendor, :rank, :sealed)
ON CONFLICT DO NOTHING RETURNING id
""")

RENAME = text("""
UPDATE vendor_account SET name = :name, revision = revision + 1 WHERE id = :id AND NOT EXISTS (
    SELECT FROM vendor_account b WHERE b.application_id = :application_id AND b.name = :name
    AND b.retired_at IS NULL AND b.id <> :id)
RETURNING id
""")

RANK = text("UPDATE vendor_account SET rank = :rank, revision = revision + 1 WHERE id = :id")

RECONFIGURE = text("""
UPDATE vendor_account SET sealed_config = :sealed, revision = revision + 1, failures = 0,
    closed_until = NULL, closed_reason = NULL
WHERE id = :id
""")

RATE = text("""
INSERT INTO vendor_rate (account_id, per_second, reserve) VALUES (:id, :per_second, :reserve)
ON CONFLICT (account_id) DO UPDATE
SET per_second = excluded.per_second, reserve = excluded.reserve
""")
NO_RATE = text("DELETE FROM vendor_rate WHERE account_id = :id")
RATE_EDITED = text("UPDATE vendor_account SET revision = revision + 1 WHERE id = :id")

PAUSE = text("""
UPDATE vendor_account SET paused_at = clock_timestamp() WHERE id = :id AND paused_at IS NULL
RETURNING id
""")

# An operator who opens an account again means it: its breaker opens as well.
RESUME = text("""
UPDATE vendor_account SET paused_at = NULL, failures = 0, closed_until = NULL, closed_reason = NULL
WHERE id = :id AND (paused_at IS NOT NULL OR failures > 0 OR closed_until IS NOT NULL)
RETURNING id
""")

CHANNEL = text("""
SELECT id FROM vendor_account
WHERE application_id = :application_id AND channel = :channel AND retired_at IS NULL
ORDER BY rank, id FOR UPDATE
""")
ORDER = text("""
UPDATE vendor_account a SET rank = o.rank, revision = revision + 1
FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS o (id, rank)
WHERE a.id = o.id AND a.rank <> o.rank
""")

# Of running owners: what it has in its hands, in doubt, or was promised to it alone.
IN_HAND = text("""
SELECT count(*) FROM (
    SELECT FROM owner o JOIN message m ON m.owner_id = o.id
    WHERE o.application_id = :application_id AND o.status = 'running'
      AND (m.phase IN ('sending', 'unknown') AND m.account_id = :id
           OR m.phase = 'queued' AND m.pinned_account_id = :id)
    LIMIT 1000) open
""")

# Its settings are gone for good.
RETIRE = text("UPDATE vendor_account SET retired_at = now(), sealed_config = '' WHERE id = :id")

PIN = text("""
UPDATE notification SET pinned_account_id = :id
WHERE id = :notification_id AND application_id = :application_id
""")


async def create(
    session: Session, application_id: UUID, new: NewAccount, keyring: Keyring, actor: Actor
) -> UUID:
    """Make it of settings that were checked; Conflict if the name is taken."""
    id = uuid7()
    values = {
        "id": id,
        "application_id": application_id,
        "name": new.name,
        "channel": new.channel,
        "vendor": new.vendor,
        "rank": new.rank,
        "sealed": keyring.seal(_plain(new.config), id),
    }
    if not (await session.execute(INSERT, values)).all():
        raise _taken()
    rate = {"per_second": new.per_second, "reserve": new.reserve}
    if new.per_second is not None:
        await session.execute(RATE, {"id": id, **rate})
    said = {"name": new.name, "channel": new.channel, "vendor": new.vendor, "rank": new.rank}
    row = {"id": id, "application_id": application_id}
    await _noted(session, actor, "vendor.create", row, said | {"rate": rate})
    return id


async def reconfigure(
    session: Session, row: Row, config: Mapping[str, Any], keyring: Keyring, actor: Actor
) -> None:
    """Give a locked account settings that were checked; workers open it anew, its breaker opens."""
    before = opened(row, keyring)
    fields = sorted(n for n in {*before, *config} if before.get(n) != config.get(n))
    if not fields:
        return
    sealed = keyring.seal(_plain(config), row["id"])
    await session.execute(RECONFIGURE, {"id": row["id"], "sealed": sealed})
    await _noted(session, actor, "vendor.reconfigure", row, {"fields": fields})


async def rename(session: Session, row: Row, name: str, actor: Actor) -> None:
    """Conflict if the name is taken."""
    if name == row["name"]:
        return
    values = {"id": row["id"], "application_id": row["application_id"], "name": name}
    if not (await session.execute(RENAME, values)).all():
        raise _taken()
    await _noted(session, actor, "vendor.rename", row, {"from": row["name"], "to": name})


async def set_rank(session: Session, row: Row, rank: int, actor: Actor) -> None:
    """The lowest of a channel is asked first."""
    if rank == row["rank"]:
        return
    await session.execute(RANK, {"id": row["id"], "rank": rank})
    await _noted(session, actor, "vendor.order", row, {"from": row["rank"], "to": rank})


async def set_rate(
    session: Session, row: Row, per_second: float | None, reserve: float, actor: Actor
) -> None:
    """How many a second it is given, of which low priority leaves `reserve`; None: no limit."""
    before = {"per_second": row["per_second"], "reserve": row["reserve"]}
    after = {"per_second": per_second, "reserve": reserve if per_second else None}
    if before == after:
        return
    if per_second is None:
        await session.execute(NO_RATE, {"id": row["id"]})
    else:
        await session.execute(RATE, {"id": row["id"], **after})
    await session.execute(RATE_EDITED, {"id": row["id"]})
    await _noted(session, actor, "vendor.rate", row, {"from": before, "to": after})


async def pause(session: Session, row: Row, actor: Actor) -> None:
    """From its commit on, nothing is claimed through it; again is the same."""
    if (await session.execute(PAUSE, {"id": row["id"]})).all():
        await _noted(session, actor, "vendor.pause", row, {})


async def resume(session: Session, row: Row, actor: Actor) -> None:
    """It takes messages again, also if its breaker had closed it."""
    if (await session.execute(RESUME, {"id": row["id"]})).all():
        await _noted(session, actor, "vendor.resume", row, {})


async def reorder(
    session: Session, application_id: UUID, channel: str, ids: Sequence[UUID], actor: Actor
) -> None:
    """Ask them in this order; Invalid unless these are all accounts of the channel, once each."""
    values = {"application_id": application_id, "channel": channel}
    there = list((await session.execute(CHANNEL, values)).scalars())
    if sorted(there) != sorted(ids):
        raise Invalid(
            f"want every account of the channel, once each: there are {len(there)}",
            field="accounts",
            reason="not_all_accounts",
        )
    if not ids or there == list(ids):
        return
    await session.execute(ORDER, {"ids": list(ids)})
    row = {"id": ids[0], "application_id": application_id}
    detail = {"channel": channel, "accounts": [str(id) for id in ids]}
    await _noted(session, actor, "vendor.order", row, detail)


async def retire(session: Session, row: Row, actor: Actor) -> None:
    """Forget the settings of a paused account; Conflict while messages depend on it."""
    if row["paused_at"] is None:
        raise Conflict("pause it first", field="account_id", reason="not_paused")
    values = {"id": row["id"], "application_id": row["application_id"]}
    if open := (await session.execute(IN_HAND, values)).scalar_one():
        raise Conflict(
            f"{'at least ' if open == 1000 else ''}{open} messages are in its hands, in doubt, or"
            " for it alone; ask again when they have ended",
            field="account_id",
            reason="messages_open",
        )
    await session.execute(RETIRE, {"id": row["id"]})
    await _noted(session, actor, "vendor.retire", row, {"name": row["name"]})


async def pin(session: Session, row: Row, notification_id: UUID, actor: Actor) -> None:
    """A notification just written goes through this account or not at all: a test of it."""
    values = {"id": row["id"], "application_id": row["application_id"]}
    await session.execute(PIN, values | {"notification_id": notification_id})
    detail = {"notification_id": str(notification_id)}
    await _noted(session, actor, "vendor.test", row, detail)


def _plain(config: Mapping[str, Any]) -> bytes:
    return orjson.dumps(dict(config), option=orjson.OPT_SORT_KEYS)


def _taken() -> Conflict:
    return Conflict("an account of that name is there", field="name", reason="name_taken")


async def _noted(
    session: Session, actor: Actor, action: str, row: Mapping[str, Any], detail: Mapping[str, Any]
) -> None:
    entry = Entry(actor, action, SUBJECT, str(row["id"]), row["application_id"], detail)
    await audit_log.append(session, entry)
