"""Vendor accounts as `tidings accounts` makes and lists them; their settings go in, never out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import typer
from sqlalchemy import text

from activities.vendor import VENDORS, load, vendor_class
from models.errors import Conflict, Invalid, Misconfigured
from models.repositories import applications
from models.repositories.applications import NewAccount
from models.seal import Keyring
from models.sessions import Session

LONGEST_NAME = 100
HIGHEST_RANK = 1000
MOST_PER_SECOND = 1_000_000.0

EVERY = text("""
SELECT a.name, p.name AS application, a.channel, a.vendor, a.rank, r.per_second,
       a.paused_at, a.closed_reason,
       CASE WHEN a.closed_until > now() THEN a.closed_until END AS closed_until
FROM vendor_account a JOIN application p ON p.id = a.application_id
LEFT JOIN vendor_rate r ON r.account_id = a.id
ORDER BY p.name, a.channel, a.rank, a.name
""")
THERE = text("""
SELECT vendor, channel, rank FROM vendor_account
WHERE application_id = :application_id AND name = :name
""")


def checked(account: NewAccount) -> NewAccount:
    """The account if a worker could open it; Invalid or Misconfigured names the option or field."""
    if not account.name.strip() or len(account.name) > LONGEST_NAME:
        raise Invalid(f"--name {account.name!r}: want 1 to {LONGEST_NAME} characters")
    if not 1 <= account.rank <= HIGHEST_RANK:
        raise Invalid(f"--rank {account.rank}: want 1 (the first) to {HIGHEST_RANK}")
    rate = account.per_second
    if rate is not None and not 0 < rate <= MOST_PER_SECOND:
        raise Invalid(f"--per-second {rate:g}: want more than 0, to {MOST_PER_SECOND:,.0f}")
    if account.vendor not in VENDORS:
        raise Invalid(f"--vendor {account.vendor!r}: there are {', '.join(VENDORS)}")
    serves = vendor_class(account.vendor).channel.value
    if account.channel != serves:
        raise Invalid(f"--channel {account.channel}: {account.vendor} is for {serves}")
    try:
        load(account.vendor, account.config)
    except Misconfigured as error:
        raise Misconfigured(str(error).replace(": : ", ": "), field=error.field) from None
    return account


def settings_from(source: str) -> Mapping[str, Any]:
    """The JSON object in a file, or on the standard input for `-`; Invalid if it is none."""
    if source.lstrip().startswith("{"):  # and now it is in the shell's history: do not print it too
        raise Invalid("--config: settings hold credentials: give a file, or - and pipe them in")
    try:
        raw = (
            typer.get_binary_stream("stdin").read() if source == "-" else Path(source).read_bytes()
        )
    except OSError as error:
        raise Invalid(f"--config {source}: cannot be read ({error.strerror})") from None
    try:
        settings = orjson.loads(raw)
    except orjson.JSONDecodeError as error:  # its words may quote a secret; the place does not
        raise Invalid(f"--config {source}: not JSON, line {error.lineno}") from None
    if not isinstance(settings, dict):
        raise Invalid(f"--config {source}: want a JSON object of the vendor's fields")
    return settings


async def put(
    session: Session, application_id: UUID, account: NewAccount, keyring: Keyring
) -> bool:
    """Make it, or give the one of that name these settings: was it there?"""
    names = {"application_id": application_id, "name": account.name}
    there = (await session.execute(THERE, names)).one_or_none()
    wanted = (account.vendor, account.channel, account.rank)
    if there is not None and tuple(there) != wanted:
        vendor, channel, rank = tuple(there)
        raise Conflict(
            f"--name {account.name}: is an account of {vendor} for {channel} with rank {rank},"
            " which stay as they are: choose another name"
        )
    await applications.put_account(session, application_id, account, keyring)
    return there is not None


async def every(session: Session) -> list[dict[str, Any]]:
    """All accounts, without their settings."""
    return [dict(row) for row in (await session.execute(EVERY)).mappings()]
