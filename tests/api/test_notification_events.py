"""The timeline as server-sent events: what was, what comes, and its end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from api_in_process import NOTIFICATIONS
from listening_api import app_of, listening
from pipeline_by_hand import ACCEPTED

from api import key_cache
from api.routers import notification_events

Event = dict[str, Any]


class Stream:
    """One that is being read; `events` as they came."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.events: list[Event] = []
        self._lines = response.aiter_lines()
        self.response = response

    async def next(self) -> Event | None:
        """The next event; None at the end."""
        found: Event = {}
        async with asyncio.timeout(15):
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if line == "" and "data" in found:
                    self.events.append(found)
                    return found
                if name in ("id", "event", "data"):
                    found[name] = json.loads(value) if name == "data" else value
        return None

    async def until(self, kind: str) -> None:
        while (event := await self.next()) and event["data"]["kind"] != kind:
            pass
        assert event, f"ended without {kind}"

    async def rest(self) -> list[str]:
        while await self.next():
            pass
        return self.kinds()

    def kinds(self) -> list[str]:
        return [event["data"]["kind"] for event in self.events]


@pytest.fixture(scope="module")
async def url(api) -> AsyncIterator[str]:
    async with listening(app_of(api)) as port:
        yield f"http://127.0.0.1:{port}{NOTIFICATIONS}"


@pytest.fixture
def stream(url, api) -> Any:
    @asynccontextmanager
    async def opened(id: str, last: str | None = None, key: str = "") -> AsyncIterator[Stream]:
        authorization = f"Bearer {key}" if key else api.http.headers["Authorization"]
        headers = {"Authorization": authorization} | ({"Last-Event-ID": last} if last else {})
        async with (
            httpx.AsyncClient(headers=headers, timeout=20) as client,
            client.stream("GET", f"{url}/{id}/events") as response,
        ):
            yield Stream(response)

    return opened


@pytest.fixture
def accept(api, body) -> Any:
    async def send() -> tuple[str, UUID]:
        view = (await api.batch([body()])).json()
        return view["items"][0]["id"], UUID(next(iter(view["batches"].values())))

    return send


async def test_it_begins_with_what_was_goes_on_with_what_comes_and_ends(
    api, accept, stream, pipeline, account
) -> None:
    id, owner = await accept()
    async with stream(id) as seen:
        await seen.until("accepted")
        await pipeline.send(owner, account, ACCEPTED)
        kinds = await seen.rest()

    timeline = (await api.http.get(f"{NOTIFICATIONS}/{id}")).json()["timeline"]
    assert kinds == ["accepted", "queued", "handing_over", "sent", "ended"]
    assert [event["data"] for event in seen.events] == timeline
    assert {event["event"] for event in seen.events} == {"timeline"}


async def test_it_goes_on_behind_the_last_event_that_arrived(
    accept, stream, pipeline, account
) -> None:
    id, owner = await accept()
    async with stream(id) as seen:
        await seen.until("accepted")
    await pipeline.send(owner, account, ACCEPTED)

    async with stream(id, seen.events[-1]["id"]) as again:
        assert await again.rest() == ["queued", "handing_over", "sent", "ended"]
    async with stream(id, again.events[1]["id"]) as once_more:
        assert await once_more.rest() == ["sent", "ended"]
    async with stream(id, again.events[-1]["id"]) as nothing:
        assert nothing.status == 204  # a browser does not come again


async def test_an_event_that_was_committed_late_is_not_passed_over(
    api, accept, stream, pipeline, account
) -> None:
    id, owner = await accept()
    early = await api.database.fetchval("SELECT nextval('event_id_seq')")
    await pipeline.send(owner, account, ACCEPTED)
    async with stream(id) as seen:
        await seen.rest()
    await api.database.execute(
        "INSERT INTO event (id, application_id, notification_id, kind)"
        " SELECT $1, application_id, id, 'late' FROM notification WHERE id = $2",
        *(early, UUID(id)),
    )

    async with stream(id, seen.events[-1]["id"]) as again:
        assert "late" in await again.rest()


async def test_no_connection_is_held_while_nothing_happens(api, accept, stream) -> None:
    id, _ = await accept()
    pool = app_of(api).state.reading.engine.pool
    async with stream(id) as seen:
        await seen.until("accepted")
        async with asyncio.timeout(5):
            while pool.checkedout():  # noqa: ASYNC110 - between two looks
                await asyncio.sleep(0.01)
        assert pool.checkedout() == 0


async def test_a_key_that_is_revoked_ends_it(api, accept, stream) -> None:
    id, _ = await accept()
    key = await api.new_key("notifications:read")
    async with stream(id, key=key) as seen:
        await seen.until("accepted")
        await api.database.execute(
            "UPDATE api_key SET revoked_at = now() WHERE last_four = $1", key[-4:]
        )
        assert await seen.next() is None


async def test_nor_is_it_told_what_comes_after_that(api, accept, stream, monkeypatch) -> None:
    monkeypatch.setattr(notification_events, "SOONEST_SECONDS", 1.0)
    monkeypatch.setattr(key_cache, "KEPT_SECONDS", 0.0)
    id, _ = await accept()
    key = await api.new_key("notifications:read")
    async with stream(id, key=key) as seen:
        await seen.until("accepted")
        await api.database.execute(
            "UPDATE api_key SET revoked_at = now() WHERE last_four = $1", key[-4:]
        )
        assert (await api.http.delete(f"{NOTIFICATIONS}/{id}")).status_code == 200
        assert await seen.next() is None


@pytest.mark.parametrize(
    ("last", "status", "code"),
    [("x", 422, "invalid"), ("1", 422, "invalid"), ("-1-1", 422, "invalid")],
)
async def test_what_is_no_event_of_ours_is_refused(accept, stream, last, status, code) -> None:
    id, _ = await accept()
    async with stream(id, last) as seen:
        problem = json.loads(await seen.response.aread())
    assert (seen.status, problem["code"], problem["field"]) == (status, code, "Last-Event-Id")


async def test_anothers_is_not_there(api, accept, stream) -> None:
    id, _ = await accept()
    key = await api.new_key(application="somebody else")
    async with stream(id, key=key) as seen:
        assert seen.status == 404
