"""Whose accounts the sandbox vendors have: what was sent through others is in no journal here."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import orjson

from deploy.local.ports import HOST, Ports
from models.errors import Misconfigured
from models.seal import Keyring

HERE = (HOST, "localhost", "::1")
TABLE = "CREATE TEMP TABLE elsewhere (account_id uuid)"
ACCOUNTS = "SELECT id, sealed_config FROM vendor_account"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A stack's own sandbox, and the keys that open the settings of accounts."""

    ports: Ports
    secret_keys: str


async def load_elsewhere(connection: "asyncpg.Connection[Any]", sandbox: Sandbox | None) -> None:
    """The table `elsewhere`. Without a sandbox of the stack's: the journals are of all accounts."""
    await connection.execute(TABLE)
    if sandbox is None:
        return
    keyring = Keyring(sandbox.secret_keys)
    rows = [
        (account["id"],)
        for account in await connection.fetch(ACCOUNTS)
        if not _is_here(_config(keyring, account), sandbox.ports)
    ]
    await connection.copy_records_to_table("elsewhere", records=rows)


def _config(keyring: Keyring, account: asyncpg.Record) -> dict[str, Any] | None:
    try:
        found = orjson.loads(keyring.open(account["sealed_config"], account["id"]))
    except (Misconfigured, orjson.JSONDecodeError):
        return None
    return found if isinstance(found, dict) else None


def _is_here(config: dict[str, Any] | None, ports: Ports) -> bool:
    """Does it send to the sandbox? One that nobody can open is held to account as well."""
    if config is None:
        return True
    if "host" in config:
        return config["host"] in HERE and config.get("port") == ports.smtp
    parts = urlsplit(str(config.get("base_url", "")))
    return parts.hostname in HERE and parts.port == ports.mailbox
