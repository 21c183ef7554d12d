"""The progress as server-sent events: to whom it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from api_in_process import SECRET_KEYS, Api
from listening_api import app_of, listening
from own_application import own_application
from own_campaigns import Person, team_of

REVOKE = "UPDATE api_key SET revoked_at = now() WHERE last_four = $1"


@pytest.fixture(scope="module")
async def ada(api: Api, database_url: str) -> Person:
    app = await own_application(api.http, database_url, SECRET_KEYS, ())
    return (await team_of(app, database_url)).ada


@pytest.fixture(scope="module")
async def port(api: Api) -> AsyncIterator[int]:
    async with listening(app_of(api)) as port:
        yield port


@asynccontextmanager
async def stream(port: int, person: Person, id: str) -> AsyncIterator[httpx.Response]:
    url = f"http://127.0.0.1:{port}/v1/campaigns/{id}/progress/stream"
    headers = {"Authorization": f"Bearer {person.key}"}
    async with (
        httpx.AsyncClient(headers=headers, timeout=20) as client,
        client.stream("GET", url) as response,
    ):
        yield response


async def test_a_key_that_is_revoked_ends_it(api: Api, port: int, ada: Person) -> None:
    id = await ada.make(1)  # a draft: by itself it goes on for as long as one likes
    async with stream(port, ada, id) as seen:
        lines = seen.aiter_lines()
        assert await anext(lines) == "event: progress"
        await api.database.execute(REVOKE, ada.key[-4:])
        async with asyncio.timeout(5):
            assert [line async for line in lines]
