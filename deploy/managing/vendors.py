"""Vendor accounts as `tidings vendors` finds and makes them; their settings go in, never out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import typer

from activities.vendor import VENDORS, load, vendor_class
from api.vendor_settings import MASK
from deploy.managing import applications
from models.errors import Conflict, Invalid, Misconfigured, NotFound
from models.rates import LEAST_PER_SECOND
from models.repositories import vendor_account_changes as changes
from models.repositories import vendor_accounts
from models.repositories.applications import NewAccount
from models.repositories.audit_log import Actor
from models.repositories.vendor_accounts import Row
from models.seal import Keyring
from models.sessions import Session

LONGEST_NAME = 100
HIGHEST_RANK = 1000
MOST_PER_SECOND = 1_000_000.0


async def found(session: Session, name: str, application: str | None) -> Row:
    """The account of that name, locked; an application need not be said if only one has it."""
    id = await applications.known(session, application) if application else None
    rows = [row for row in await vendor_accounts.page(session, id) if row["name"] == name]
    if not rows:
        raise NotFound(f"no vendor account {name!r}: `tidings vendors list` shows all")
    if len(rows) > 1:
        owners = ", ".join(row["application"] for row in rows)
        raise Invalid(f"--application: {owners} have an account {name!r} each: say which")
    return await vendor_accounts.lock(session, rows[0]["application_id"], rows[0]["id"])


def checked_rate(per_second: float) -> float:
    """The rate itself, if it is one."""
    if not LEAST_PER_SECOND <= per_second <= MOST_PER_SECOND:
        want = f"want {LEAST_PER_SECOND:.5f} to {MOST_PER_SECOND:,.0f}"
        raise Invalid(f"--per-second {per_second:g}: {want}")
    return per_second


def checked(account: NewAccount) -> NewAccount:
    """The account if a worker could open it; Invalid or Misconfigured names the option or field."""
    if not account.name.strip() or len(account.name) > LONGEST_NAME:
        raise Invalid(f"--name {account.name!r}: want 1 to {LONGEST_NAME} characters")
    if not 1 <= account.rank <= HIGHEST_RANK:
        raise Invalid(f"--rank {account.rank}: want 1 (the first) to {HIGHEST_RANK}")
    if account.per_second is not None:
        checked_rate(account.per_second)
    if account.vendor not in VENDORS:
        raise Invalid(f"--vendor {account.vendor!r}: there are {', '.join(VENDORS)}")
    serves = vendor_class(account.vendor).channel.value
    if account.channel != serves:
        raise Invalid(f"--channel {account.channel}: {account.vendor} is for {serves}")
    _check_unmasked(account.config)
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
    session: Session, application_id: UUID, account: NewAccount, keyring: Keyring, actor: Actor
) -> bool:
    """Make it, or give the one of that name these settings: was it there?"""
    rows = await vendor_accounts.page(session, application_id)
    there = next((row for row in rows if row["name"] == account.name), None)
    if there is None:
        await changes.create(session, application_id, account, keyring, actor)
        return False
    wanted = (account.vendor, account.channel, account.rank)
    if wanted != (there["vendor"], there["channel"], there["rank"]):
        raise Conflict(
            f"--name {account.name}: is an account of {there['vendor']} for {there['channel']}"
            f" with rank {there['rank']}, which stay as they are: choose another name"
        )
    row = await vendor_accounts.lock(session, application_id, there["id"])
    await changes.reconfigure(session, row, account.config, keyring, actor)
    if account.per_second is not None:
        await changes.set_rate(session, row, account.per_second, account.reserve, actor)
    return True


def _check_unmasked(config: Mapping[str, Any]) -> None:
    for field, value in config.items():
        if value == MASK:  # what `tidings vendors show` prints, written back
            raise Invalid(f"--config: {field} is what stands for a secret: write the secret itself")
