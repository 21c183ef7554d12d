"""An application of a test's own: its key, its vendor accounts, its faults and rates.

Nothing that is done to it, or by its vendors, reaches the tests beside it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import httpx
from api_in_process import BATCH, NOTIFICATIONS, welcome
from uuid_utils.compat import uuid7

from deploy.local.demo import CATEGORIES
from deploy.local.demo_templates import TEMPLATES
from deploy.local.sandbox.webhook import SECRET
from models import database, keys
from models.repositories import api_keys, applications
from models.repositories.api_keys import NewKey
from models.repositories.applications import NewAccount, NewCategory
from models.seal import Keyring
from models.sessions import Sessions

NUMBERS = count(1)
# What may not arrive twice: a doubt is left to a person.
HELD = NewCategory(
    name="held",
    priority="medium",
    channels=["sms", "email", "telegram"],
    expires_after=timedelta(days=1),
    on_unknown="hold",
)


@dataclass(frozen=True)
class OwnApplication:
    """Calls the API by its own key."""

    id: UUID
    key: str
    http: httpx.AsyncClient

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        return await self.http.request(method, path, headers=headers, **more)

    async def accept(self, **changes: Any) -> str:
        answer = await self.ask("POST", NOTIFICATIONS, json=welcome(**changes))
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    async def batch(self, items: Sequence[Any]) -> dict[str, Any]:
        """The answer, of which every item was accepted."""
        answer = await self.ask("POST", BATCH, json={"items": items})
        assert answer.status_code == 202, answer.text
        assert answer.json()["accepted"] == len(items), answer.text
        return answer.json()

    async def seen(self, id: str) -> dict[str, Any]:
        return (await self.ask("GET", f"{NOTIFICATIONS}/{id}")).json()

    async def until(
        self, id: str, *statuses: str, when: Callable[[dict[str, Any]], bool] = lambda view: True
    ) -> dict[str, Any]:
        """What the caller sees once the status is one of these, a minute at most."""
        view: dict[str, Any] = {}
        try:
            async with asyncio.timeout(60):
                while True:
                    view = await self.seen(id)
                    if view["status"] in statuses and when(view):
                        return view
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"still {view['status']}: {view}") from None


async def own_application(
    http: httpx.AsyncClient, database_url: str, secret_keys: str, accounts: Sequence[NewAccount]
) -> OwnApplication:
    """A new one, with the demo's categories, `held`, its templates, and these accounts."""
    engine = database.engine(database_url, pool=1)
    key = keys.new()
    try:
        async with Sessions(engine).begin() as session:
            id = await applications.ensure(session, f"own-{uuid7()}")
            await applications.add_categories(session, id, [*CATEGORIES, HELD])
            for name, (category, content) in TEMPLATES.items():
                await applications.add_template(session, id, name, category, content)
            for account in accounts:
                await applications.put_account(session, id, account, Keyring(secret_keys))
            new = NewKey(
                id=uuid7(),
                application_id=id,
                name="test",
                owner="test",
                sha256=keys.digest(key),
                last_four=key[-4:],
                scopes=list(keys.SCOPES),
                expires_at=None,
            )
            await api_keys.insert(session, new)
    finally:
        await engine.dispose()
    return OwnApplication(id, key, http)


@dataclass(frozen=True)
class Vendors:
    """Accounts at vendors that listen here; each is one that nobody else has."""

    http_url: str
    smtp_port: int

    def twilio(self, rank: int = 1, **config: Any) -> NewAccount:
        n = next(NUMBERS)
        settings = {
            "account_sid": f"AC{n:032d}",
            "auth_token": "sandbox-token",
            "sender": "+15005550006",
            "base_url": self.http_url,
        }
        return NewAccount(f"twilio-{n}", "sms", "twilio", rank, {**settings, **config})

    def telegram(self, rank: int = 1, **config: Any) -> NewAccount:
        n = next(NUMBERS)
        settings = {"token": f"{n:09d}:sandbox", "base_url": self.http_url}
        return NewAccount(f"telegram-{n}", "telegram", "telegram", rank, {**settings, **config})

    def smtp(self, rank: int = 1, **config: Any) -> NewAccount:
        n = next(NUMBERS)
        settings = {
            "host": "127.0.0.1",
            "port": self.smtp_port,
            "tls": "none",
            "username": f"user-{n}",
            "password": "sandbox-password",
            "sender": "Tidings demo <demo@example.com>",
            "message_id_domain": "tidings.example.com",
        }
        return NewAccount(f"smtp-{n}", "email", "smtp", rank, {**settings, **config})

    def webhook(self, rank: int = 1, **config: Any) -> NewAccount:
        n = next(NUMBERS)
        return NewAccount(f"webhook-{n}", "webhook", "webhook", rank, {"secret": SECRET, **config})

    def receiver(self, account: NewAccount, more: str = "") -> str:
        """Where the sandbox receives what this account sends; each `more` is another."""
        return f"{self.http_url}/webhooks/{account.name}{more}"

    def sendgrid(self, rank: int = 1, **config: Any) -> NewAccount:
        n = next(NUMBERS)
        settings = {
            "api_key": f"SG.public{n}.sandbox-secret",
            "sender": "Tidings demo <demo@example.com>",
            "base_url": self.http_url,
        }
        return NewAccount(f"sendgrid-{n}", "email", "sendgrid", rank, {**settings, **config})


def rated(account: NewAccount, per_second: float) -> NewAccount:
    """The same, with a rate."""
    return replace(account, per_second=per_second)


def account_at_vendor(account: NewAccount) -> str:
    """What the sandbox calls it."""
    match account.vendor:
        case "twilio":
            return str(account.config["account_sid"])
        case "telegram":
            return str(account.config["token"]).partition(":")[0]
        case "smtp":
            return str(account.config["username"])
        case "webhook":
            return account.name
        case _:
            return ".".join(str(account.config["api_key"]).split(".")[:2])
