from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

Order = Callable[..., Awaitable[int]]


async def send(http: aiohttp.ClientSession, chat: int, text: str = "hi") -> int:
    body = {"chat_id": chat, "text": text}
    async with http.post("/bot1:x/sendMessage", json=body) as response:
        return response.status


async def get(http: aiohttp.ClientSession, path: str, **query: str) -> Any:
    async with http.get(path, params=query) as response:
        assert response.status == 200
        return await response.json()


async def test_rules_are_listed_and_removed(http: aiohttp.ClientSession, order: Order) -> None:
    first = await order("telegram", "refuse")
    second = await order("telegram", "busy", times=3)
    assert await send(http, 5) == 403
    [one, two] = (await get(http, "/_sandbox/faults"))["faults"]
    assert (one["id"], one["fault"], one["applied"], one["times"]) == (first, "refuse", 1, None)
    assert (two["id"], two["times"], two["applied"]) == (second, 3, 0)

    async with http.delete(f"/_sandbox/faults/{first}") as response:
        assert response.status == 204
    assert await send(http, 5) == 429
    async with http.delete("/_sandbox/faults") as response:
        assert response.status == 204
    assert await send(http, 5) == 200


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({"vendor": "pigeon", "fault": "busy"}, "vendor"),
        ({"vendor": "smtp", "fault": "tired"}, "fault"),
        ({"vendor": "smtp", "fault": "busy", "times": 0}, "times"),
        ({"vendor": "smtp", "fault": "busy", "tmies": 1}, "tmies"),
        ({"vendor": "smtp", "fault": "busy", "probability": 0}, "probability"),
        ({"vendor": "smtp", "fault": "unavailable", "to": "a@x.io"}, None),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused_with_the_reason(
    http: aiohttp.ClientSession, rule: dict[str, Any], place: str | None
) -> None:
    async with http.post("/_sandbox/faults", json=rule) as response:
        assert response.status == 400
        [problem] = (await response.json())["errors"]
    assert problem["loc"] == ([place] if place else [])
    assert (await get(http, "/_sandbox/faults"))["faults"] == []


async def test_messages_are_given_oldest_first_and_from_a_number_on(
    http: aiohttp.ClientSession,
) -> None:
    for chat in (51, 52, 61):
        await send(http, chat)
    everything = await get(http, "/_sandbox/messages")
    assert [m["n"] for m in everything["messages"]] == [1, 2, 3]
    assert (everything["after"], everything["oldest"]) == (3, 1)
    page = await get(http, "/_sandbox/messages", to="5", limit="1")
    assert [m["to"] for m in page["messages"]] == ["51"]
    page = await get(http, "/_sandbox/messages", to="5", after=str(page["after"]))
    assert [m["to"] for m in page["messages"]] == ["52"]
    assert (await get(http, "/_sandbox/messages", vendor="smtp"))["messages"] == []


async def test_stats_count_effects_refusals_and_faults(
    http: aiohttp.ClientSession, order: Order
) -> None:
    await order("telegram", "error_after", times=1)
    statuses = [await send(http, chat) for chat in (5, 5, 403)]
    assert statuses == [500, 200, 403]
    assert await get(http, "/_sandbox/stats") == {
        "effects": {"total": 2, "telegram": 2},
        "refusals": {"total": 1, "telegram": 1},
        "faults": {"telegram": {"error_after": 1}},
    }


async def test_health_answers(http: aiohttp.ClientSession) -> None:
    assert await get(http, "/_sandbox/health") == {"status": "ok"}
