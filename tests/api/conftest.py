"""The API over a real PostgreSQL; nothing listens at Temporal's port."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from api_in_process import Api, serving, welcome


@pytest.fixture(scope="module")
async def api(database_url: str) -> AsyncIterator[Api]:
    async with serving(database_url, temporal_port=1) as api:
        yield api


@pytest.fixture
def serve() -> Callable[[str, int], Any]:
    """Another API process over the same or another database."""
    return serving


@pytest.fixture
def body() -> Callable[..., dict[str, Any]]:
    return welcome


@pytest.fixture
async def refused(api: Api) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Checks that the answer is a problem as promised, and that nothing was stored."""
    before = await api.rows()

    async def check(
        answer: httpx.Response, status: int, code: str, field: str | None = None
    ) -> Any:
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem.get("field")) == (status, code, field)
        assert problem["status"] == status
        assert problem["type"] == f"/problems/{code}"
        assert problem["detail"]
        assert await api.rows() == before
        return problem

    return check


@pytest.fixture
async def application_id(api: Api) -> UUID:
    return await api.database.fetchval("SELECT id FROM application WHERE name = 'demo'")


@pytest.fixture
def at_once() -> Callable[..., Awaitable[list[Any]]]:
    """Makes so many calls that all are under way together."""

    async def call(times: int, make: Callable[[int], Awaitable[Any]]) -> list[Any]:
        return await asyncio.gather(*(make(n) for n in range(times)))

    return call


@pytest.fixture
def until() -> Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]:
    """Waits until the question is answered with something true, ten seconds at most."""

    async def wait(ask: Callable[[], Awaitable[Any]]) -> Any:
        async with asyncio.timeout(10):
            while not (found := await ask()):  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(0.01)
        return found

    return wait
