"""How many streams there are at once: in all, and of one key."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from api_in_process import NOTIFICATIONS, Api
from listening_api import app_of, listening
from own_campaigns import CAMPAIGNS, Person, Team
from raw_peers import until
from uuid_utils.compat import uuid7

from api.streams import MOST, MOST_OF_APPLICATION, MOST_OF_KEY, whose
from models.repositories.api_keys import Caller

Make = Callable[[Person], Awaitable[str]]


@pytest.fixture(scope="module")
async def port(api: Api) -> AsyncIterator[int]:
    async with listening(app_of(api)) as port:
        yield port


async def notification(person: Person) -> str:
    """The path of a stream that does not end by itself."""
    body = {"to": {"sms": "+4915100000001"}, "content": {"sms": {"text": "News"}}}
    headers = {"Authorization": f"Bearer {person.key}"}
    answer = await person.http.post(NOTIFICATIONS, json=body, headers=headers)
    return f"{NOTIFICATIONS}/{answer.json()['id']}/events"


async def campaign(person: Person) -> str:
    """The same, of a draft."""
    return f"{CAMPAIGNS}/{await person.make(1)}/progress/stream"


def caller(application_id: UUID | None = None) -> Caller:
    """Somebody with a key of their own."""
    return Caller(uuid7(), application_id or uuid7(), "another", "somebody", frozenset())


@asynccontextmanager
async def stream(port: int, person: Person, path: str) -> AsyncIterator[httpx.Response]:
    headers = {"Authorization": f"Bearer {person.key}"}
    url = f"http://127.0.0.1:{port}{path}"
    async with (
        httpx.AsyncClient(headers=headers, timeout=20) as client,
        client.stream("GET", url) as response,
    ):
        yield response


async def problem_of(answer: httpx.Response) -> dict[str, Any]:
    problem: dict[str, Any] = httpx.Response(200, content=await answer.aread()).json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"
    return problem


@pytest.mark.parametrize("make", [notification, campaign])
async def test_a_key_has_its_share_and_others_get_theirs(
    api: Api, port: int, team: Team, make: Make
) -> None:
    path = await make(team.ada)
    async with AsyncExitStack() as taken:
        for _ in range(MOST_OF_KEY):
            seen = await taken.enter_async_context(stream(port, team.ada, path))
            assert seen.status_code == 200
        async with stream(port, team.ada, path) as one_more:
            problem = await problem_of(one_more)
        assert (problem["status"], problem["code"]) == (429, "too_many_streams")
        assert (problem["field"], problem["limit"]) == ("Authorization", MOST_OF_KEY)
        async with stream(port, team.grace, path) as others:
            assert others.status_code == 200
    await until(lambda: not app_of(api).state.streams.under_way)
    async with stream(port, team.ada, path) as again:
        assert again.status_code == 200


@pytest.mark.parametrize("make", [notification, campaign])
async def test_too_many_of_all_are_told_to_come_again(
    api: Api, port: int, team: Team, make: Make
) -> None:
    path, streams = await make(team.ada), app_of(api).state.streams
    await until(lambda: not streams.under_way)
    with ExitStack() as taken:
        for _ in range(MOST):
            taken.enter_context(streams.taken(whose(caller())))
        async with stream(port, team.ada, path) as seen:
            problem = await problem_of(seen)
    assert (problem["status"], problem["code"], problem["limit"]) == (503, "busy", MOST)
    async with stream(port, team.ada, path) as again:
        assert again.status_code == 200


async def test_an_application_has_its_share_however_many_keys_it_makes(
    api: Api, port: int, team: Team
) -> None:
    path, streams = await notification(team.ada), app_of(api).state.streams
    await until(lambda: not streams.under_way)
    with ExitStack() as taken:
        for _ in range(MOST_OF_APPLICATION):
            taken.enter_context(streams.taken(whose(caller(team.app.id))))
        async with stream(port, team.ada, path) as seen:
            problem = await problem_of(seen)
        with streams.taken(whose(caller())):
            pass
    assert (problem["code"], problem["limit"]) == ("too_many_streams", MOST_OF_APPLICATION)
