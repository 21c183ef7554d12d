"""The API in the test's own process, over a real PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
from uuid_utils.compat import uuid7

from api.app import create
from deploy.local import demo
from models import database, keys, logs
from models.repositories import api_keys, applications
from models.repositories.api_keys import NewKey
from models.sessions import Sessions
from models.settings import Settings
from workers.connect import lazy

SECRET_KEYS = "1:" + "A" * 43 + "="
NOTIFICATIONS = "/v1/notifications"
BATCH = "/v1/notifications/batch"
# All that a request may write.
STORED = ("notification", "owner", "workflow_start", "event", "idempotency_key", "dedupe_key")


def welcome(**changes: Any) -> dict[str, Any]:
    """A body that is accepted, but for what is changed."""
    body = {"to": {"email": "ada@example.com"}, "template": "welcome", "data": {"name": "Ada"}}
    return {**body, **changes}


@dataclass(frozen=True)
class Api:
    """The API as a caller meets it, and the database behind it."""

    http: httpx.AsyncClient
    database: asyncpg.Pool

    async def send(self, body: Any, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(NOTIFICATIONS, json=body, headers=named)

    async def batch(self, items: list[Any], **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(BATCH, json={"items": items}, headers=named)

    async def rows(self) -> dict[str, int]:
        counts = [f"(SELECT count(*) FROM {name}) AS {name}" for name in STORED]
        return dict(await self.database.fetchrow(f"SELECT {', '.join(counts)}"))

    async def new_key(self, *scopes: str, application: str = "demo") -> str:
        """A key of that application with these scopes; with none named, with all."""
        key = keys.new()
        engine = database.engine(str(self.database._connect_args[0]), pool=1)
        async with Sessions(engine).begin() as session:
            new = NewKey(
                id=uuid7(),
                application_id=await applications.ensure(session, application),
                name="test",
                owner="test",
                sha256=keys.digest(key),
                last_four=key[-4:],
                scopes=list(scopes or keys.SCOPES),
                expires_at=None,
            )
            await api_keys.insert(session, new)
        await engine.dispose()
        return key


@asynccontextmanager
async def serving(
    database_url: str,
    temporal_port: int,
    sandbox_url: str = "http://127.0.0.1:9",
    smtp_port: int = 9,
    **chosen: Any,
) -> AsyncIterator[Api]:
    """An API of its own, seeded with the demo application: its caches start empty.

    `chosen` are settings that shall not have their defaults.
    """
    seeded = await demo.seed(
        database_url=database_url,
        secret_keys=SECRET_KEYS,
        sandbox_url=sandbox_url,
        smtp_port=smtp_port,
        api_key=None,
    )
    logs.configure("ERROR", "json")  # as the process does it; by default, tracebacks take seconds
    temporal = f"127.0.0.1:{temporal_port}"
    ours = {"database_url": database_url, "secret_keys": SECRET_KEYS, "temporal_address": temporal}
    settings = Settings(**{**ours, **chosen})
    app = create(settings, await lazy(settings))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        asyncpg.create_pool(database_url, min_size=1, max_size=4) as pool,
        httpx.AsyncClient(transport=transport, base_url="http://api") as http,
    ):
        http.headers["Authorization"] = f"Bearer {seeded}"
        yield Api(http, pool)
