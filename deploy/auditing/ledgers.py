"""Brings the three ledgers together in one database session, as temporary tables beside ours.

The order matters on a stack at work: the clients, then PostgreSQL's snapshot, then the vendors up
to that moment. So whatever is found in one ledger must be in the next.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from activities.http_vendor import HttpVendor
from activities.vendor import VENDORS, vendor_class
from deploy.auditing import campaign_ledger
from deploy.auditing.rates import load_rates
from deploy.auditing.sandbox_accounts import Sandbox, load_elsewhere
from deploy.local.refusal import CannotRun
from deploy.local.sandbox import journal
from models.addresses import normalise
from models.errors import Invalid
from models.messages import CALL_DEADLINE, Channel

KEY = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d{1,9})(?:\.r\d+)?")
JOURNALLED = "CREATE TEMP TABLE journalled (id uuid, channel text, address text, key text)"
# A cancellation and a claim that began at once: whose transaction ends first is not the question.
TABLES = """
CREATE TEMP TABLE effect (n bigint, at timestamptz, vendor text, account text, address text,
    key text, channel text, by_request boolean, owner_id uuid, seq int);
CREATE TEMP TABLE impossible (path text, state text);
CREATE TEMP TABLE bounds AS SELECT $1 AS call_deadline, $1 AS slack, interval '2 seconds' AS soon
"""
TOUCHED = """
CREATE TEMP TABLE touched AS
SELECT e.owner_id, e.seq, e.effects, COALESCE(t.covered, 0) AS covered
FROM (SELECT owner_id, seq, count(*) AS effects FROM effect
      WHERE owner_id IS NOT NULL GROUP BY 1, 2) e
LEFT JOIN (SELECT owner_id, seq, count(*) AS covered FROM tried
      WHERE outcome IS NULL OR outcome IN ('accepted', 'unknown') GROUP BY 1, 2) t
USING (owner_id, seq)
"""
WALKED = """
CREATE TEMP TABLE walked AS
SELECT m.owner_id, m.seq, m.version, concat_ws(' ', m.phase, m.result) AS state,
       string_agg(v.kind, ' ' ORDER BY v.version) AS path,
       min(v.version) AS first, max(v.version) AS last, count(v.version) AS events
FROM message m LEFT JOIN event v
ON v.owner_id = m.owner_id AND v.seq = m.seq AND v.version IS NOT NULL
WHERE m.notification_id IS NOT NULL
GROUP BY m.owner_id, m.seq, m.version, m.result, m.phase
"""


@dataclass(frozen=True, slots=True)
class Source:
    """What a vendor's effects say of themselves."""

    channel: str
    by_request: bool  # their key is the attempt's request key, not the message's id


async def load_client(connection: "asyncpg.Connection[Any]", paths: Sequence[Path]) -> None:
    """Every line of the client's journals; before the snapshot."""
    await connection.execute(JOURNALLED)
    for path in paths:
        await connection.copy_records_to_table("journalled", records=_accepted(path))


@dataclass(frozen=True, slots=True)
class Vendors:
    """The vendors' journals, what is asked of them, and whose accounts they have."""

    journals: Sequence[Path]
    rates: Mapping[str, int]
    sandbox: Sandbox | None = None
    only: UUID | None = None  # effects of this owner alone


async def take_snapshot(connection: "asyncpg.Connection[Any]") -> datetime:
    """When it was taken: by the transaction's first statement, which this must be."""
    at: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return at


async def load_rest(
    connection: "asyncpg.Connection[Any]", vendors: Vendors, until: datetime
) -> None:
    """The vendors' journals, and what follows from them; within the snapshot's transaction."""
    *plain, bounds = TABLES.split(";\n")
    for statement in plain:
        await connection.execute(statement)
    # CREATE TABLE AS takes no parameters from outside: our own constant goes in as it is.
    deadline = f"interval '{CALL_DEADLINE.total_seconds():g} seconds'"
    await connection.execute(bounds.replace("$1", deadline))
    for path in vendors.journals:
        effects = _effects(path, until, vendors.only)
        await connection.copy_records_to_table("effect", records=effects)
    await load_rates(connection, vendors.rates)
    await load_elsewhere(connection, vendors.sandbox)
    await _known(connection, "journalled", "effect", "elsewhere")
    await campaign_ledger.load(connection)
    await connection.execute(TOUCHED)
    await connection.execute(WALKED)
    await _known(connection, "touched", "walked")


async def _known(connection: "asyncpg.Connection[Any]", *tables: str) -> None:
    """How large they are: nobody counts temporary tables, and plans would take them for small."""
    for table in tables:
        await connection.execute(f"ANALYZE {table}")


def _accepted(path: Path) -> Iterator[tuple[UUID, str | None, str | None, str | None]]:
    with _opened(path) as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return  # torn by a kill: it never was
            try:
                said = orjson.loads(line)
                yield UUID(said["id"]), *_address(said), said.get("key")
            except (ValueError, KeyError, TypeError, AttributeError):
                raise CannotRun(f"{path}, line {number}: no JSON object with an id") from None


def _address(said: dict[str, Any]) -> tuple[str | None, str | None]:
    """Channel and address in their one form; nothing where the line does not name both."""
    try:
        channel = Channel(said["channel"])
        return channel.value, normalise(channel, str(said["to"]), "to")
    except (KeyError, ValueError, Invalid):
        return None, None


def _effects(path: Path, until: datetime, only: UUID | None) -> Iterator[tuple[object, ...]]:
    sources = {name: _source(name) for name in VENDORS}
    with _opened(path):
        pass
    try:
        for effect in journal.read(path):
            at = datetime.fromtimestamp(effect.at, UTC)
            if at > until:
                return
            source = sources.get(effect.vendor, Source("", by_request=False))
            found = KEY.fullmatch(effect.key)
            owner_id, seq = (UUID(found[1]), int(found[2])) if found else (None, None)
            if only and owner_id != only:
                continue
            names = effect.vendor, effect.account, effect.to, effect.key
            yield effect.n, at, *names, source.channel, source.by_request, owner_id, seq
    except (orjson.JSONDecodeError, TypeError):
        raise CannotRun(f"{path} is damaged, or no journal of the sandbox vendors") from None


def _source(name: str) -> Source:
    adapter = vendor_class(name)
    single = issubclass(adapter, HttpVendor) and adapter.max_batch == 1
    return Source(adapter.channel.value, by_request=single)


def _opened(path: Path) -> Any:
    try:
        return path.open("rb")
    except OSError as error:
        raise CannotRun(f"cannot read the journal {path} ({error.strerror})") from None
