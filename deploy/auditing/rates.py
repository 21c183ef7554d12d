"""Whose effects a `--rate` limits: an account by our name, a vendor, or a name of the vendor's."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import asyncpg

from activities.vendor import VENDORS
from deploy.local.refusal import CannotRun

# `account_id`: only the effects of that account's attempts. Without it: those that the vendor's
# own journal has under this name.
TABLE = "CREATE TEMP TABLE rate (name text, account_id uuid, vendor text, per_second int)"
NAMES = "SELECT DISTINCT account FROM effect UNION SELECT DISTINCT vendor FROM effect"
ACCOUNTS = "SELECT name, id, vendor FROM vendor_account ORDER BY name"

Rate = tuple[str, UUID | None, str | None, int]


async def load_rates(connection: "asyncpg.Connection[Any]", rates: Mapping[str, int]) -> None:
    """Fill the table `rate`, when the effects are there; CannotRun lists the names there are."""
    await connection.execute(TABLE)
    if not rates:
        return
    accounts = await connection.fetch(ACCOUNTS)
    theirs = {*VENDORS, *(row[0] for row in await connection.fetch(NAMES))} - {""}
    rows = [row for name, most in rates.items() for row in _rows(name, most, accounts, theirs)]
    await connection.copy_records_to_table("rate", records=rows)


def _rows(name: str, most: int, accounts: Iterable[Any], theirs: set[str]) -> list[Rate]:
    rows: list[Rate] = [(name, a["id"], a["vendor"], most) for a in accounts if a["name"] == name]
    if name in theirs:
        rows.append((name, None, None, most))
    if not rows:
        # Not what vendors call accounts: those may be credentials, and audits are mailed round.
        known = ", ".join(dict.fromkeys([*(a["name"] for a in accounts), *VENDORS]))
        raise CannotRun(f"--rate {name}={most}: no such account or vendor; there are {known}")
    return rows
