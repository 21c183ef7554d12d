"""The API over a real PostgreSQL; nothing listens at Temporal's port."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from api_in_process import SECRET_KEYS, Api, serving, welcome
from counted_sessions import Counted
from documented import Prepared
from own_application import Vendors, own_application
from own_campaigns import ByHand, Team, by_hand, team_of
from pending_campaigns import pending_of
from pipeline_by_hand import Pipeline

from models import database
from models.sessions import Sessions


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


@pytest.fixture(scope="module")
async def prepared(api: Api, database_url: str) -> Prepared:
    """An application that has one of everything that the document's examples make."""
    vendors = Vendors("http://127.0.0.1:9", 9)
    accounts = [vendors.twilio(), vendors.smtp()]
    app = await own_application(api.http, database_url, SECRET_KEYS, accounts)
    prepared = Prepared(app, (await api.http.get("/openapi.json")).json())
    await prepared.prepare()
    return prepared


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


@pytest.fixture(scope="module")
def new_team(api: Api, database_url: str) -> Callable[[], Awaitable[Team]]:
    """Makes an application with accounts nobody listens at, and people for its campaigns."""
    vendors = Vendors("http://127.0.0.1:9", 9)

    async def make() -> Team:
        accounts = [vendors.twilio(), vendors.smtp()]
        app = await own_application(api.http, database_url, SECRET_KEYS, accounts)
        return await team_of(app, database_url)

    return make


@pytest.fixture(scope="module")
async def team(new_team: Callable[[], Awaitable[Team]]) -> Team:
    """One that the tests of a module share."""
    return await new_team()


@pytest.fixture(scope="module")
async def hands(database_url: str) -> AsyncIterator[ByHand]:
    """The workflow's steps, when a test says so."""
    async with by_hand(database_url) as hands:
        yield hands


@pytest.fixture
async def pending(team: Team, hands: ByHand) -> str:
    """A campaign of Ada's that waits for approval."""
    return await pending_of(team, hands)


@pytest.fixture(scope="module")
async def pipeline(database_url: str) -> AsyncIterator[Pipeline]:
    engine = database.engine(database_url, pool=4)
    yield Pipeline(Sessions(engine))
    await engine.dispose()


@pytest.fixture
async def counted(database_url: str) -> AsyncIterator[Counted]:
    """Sessions that count how often one was wanted."""
    engine = database.engine(database_url, pool=4)
    yield Counted(engine)
    await engine.dispose()


@pytest.fixture
async def account(api: Api) -> UUID:
    return await api.database.fetchval("SELECT id FROM vendor_account WHERE name = 'sandbox-smtp'")
