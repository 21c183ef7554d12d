"""The two clients. What they offer is listed once, in `_Resources`."""

from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from api.sdk.applications import Applications
from api.sdk.audiences import Audiences
from api.sdk.audit_log import AuditLog
from api.sdk.batches import Batches
from api.sdk.calls import procedure
from api.sdk.campaigns import Campaigns
from api.sdk.categories import Categories
from api.sdk.core import Core
from api.sdk.drivers import AsyncDriver, SyncDriver
from api.sdk.groups import Groups
from api.sdk.health import Health
from api.sdk.keys import Keys
from api.sdk.notifications import Notifications
from api.sdk.patience import Patience
from api.sdk.profiles import Profiles
from api.sdk.request import Reply, Request
from api.sdk.resource import D, Resource
from api.sdk.steps import Steps
from api.sdk.suppressions import Suppressions
from api.sdk.templates import Templates
from api.sdk.vendor_accounts import VendorAccounts

SILENCE_SECONDS = 60.0
CONNECT_SECONDS = 5.0
LOCAL = ("127.0.0.1", "::1", "localhost")


class _Resources(Resource[D]):
    """Everything that the API has."""

    def __init__(self, driver: D) -> None:
        super().__init__(driver)
        self.applications: Applications[D] = Applications(driver)
        self.audiences: Audiences[D] = Audiences(driver)
        self.audit_log: AuditLog[D] = AuditLog(driver)
        self.batches: Batches[D] = Batches(driver)
        self.campaigns: Campaigns[D] = Campaigns(driver)
        self.categories: Categories[D] = Categories(driver)
        self.groups: Groups[D] = Groups(driver)
        self.health: Health[D] = Health(driver)
        self.keys: Keys[D] = Keys(driver)
        self.notifications: Notifications[D] = Notifications(driver)
        self.profiles: Profiles[D] = Profiles(driver)
        self.suppressions: Suppressions[D] = Suppressions(driver)
        self.templates: Templates[D] = Templates(driver)
        self.vendor_accounts: VendorAccounts[D] = VendorAccounts(driver)

    @procedure
    def ask(self, request: Request, /) -> Steps[Reply]:
        """Ask what this version has no method for, with the same patience."""
        reply: Reply = yield from self.driver.core.exchange(request)
        return reply


class Tidings(_Resources[SyncDriver]):
    """The API at `url`, with this key. Close it, or use it in a `with`; threads may share it.

    `timeout`: seconds that the API may stay silent. `agent`: who calls, for its logs.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = SILENCE_SECONDS,
        patience: Patience | None = None,
        agent: str = "tidings-python",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        core = Core(url.rstrip("/"), patience or Patience())
        http = httpx.Client(**_settings(core.url, key, timeout, agent), transport=transport)
        super().__init__(SyncDriver(core, http))

    def close(self) -> None:
        """Close the connections."""
        self.driver.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()


class AsyncTidings(_Resources[AsyncDriver]):
    """The same for asyncio: calls are awaited, and iterated with `async for`."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = SILENCE_SECONDS,
        patience: Patience | None = None,
        agent: str = "tidings-python",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        core = Core(url.rstrip("/"), patience or Patience())
        http = httpx.AsyncClient(**_settings(core.url, key, timeout, agent), transport=transport)
        super().__init__(AsyncDriver(core, http))

    async def close(self) -> None:
        """Close the connections."""
        await self.driver.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.close()


def _settings(url: str, key: str, timeout: float, agent: str) -> dict[str, Any]:
    return {
        "base_url": url,
        "headers": {"User-Agent": agent} | ({"Authorization": f"Bearer {key}"} if key else {}),
        "timeout": httpx.Timeout(timeout, connect=CONNECT_SECONDS),
        "trust_env": urlsplit(url).hostname not in LOCAL,  # a proxy has no way to this machine
    }
