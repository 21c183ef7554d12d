"""Cursors: the next page, and nothing else."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from api import errors
from api.pages import Page

NUMBERS = list(range(45))


@pytest.fixture(scope="module")
async def lists() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.secret_keys = "1:c2VjcmV0"
    errors.install(app)

    @app.get("/numbers")
    @app.get("/others")
    async def numbers(page: Page, odd: bool = False) -> dict[str, object]:
        after = int(page.after[0]) if page.after else -1
        rows = [n for n in NUMBERS if n > after and (n % 2 or not odd)][: page.fetch]
        items, following = page.cut(rows, lambda n: [str(n)])
        return {"items": items, "next": following}

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://lists"
    ) as client:
        yield client


async def test_pages_follow_one_another_to_the_end(lists: httpx.AsyncClient) -> None:
    found, after = [], {}
    for limit in (20, 10, 15):
        page = (await lists.get("/numbers", params={"limit": limit, **after})).json()
        found += page["items"]
        after = {"after": page["next"]}
    assert (found, page["next"]) == (NUMBERS, None)


async def test_every_changed_character_is_noticed(lists: httpx.AsyncClient) -> None:
    cursor = (await lists.get("/numbers")).json()["next"]
    plain = urlsafe_b64decode(cursor + "==")
    for at in range(len(plain)):
        changed = plain[:at] + bytes([plain[at] ^ 1]) + plain[at + 1 :]
        answer = await lists.get("/numbers", params={"after": urlsafe_b64encode(changed).decode()})
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (400, "invalid_cursor"), at


@pytest.mark.parametrize("cursor", ["", "x", "%00", "é", "AAAA" * 20, "....", "a" * 511])
async def test_what_is_no_cursor_is_refused(lists: httpx.AsyncClient, cursor: str) -> None:
    answer = await lists.get("/numbers", params={"after": cursor})
    assert (answer.status_code, answer.json()["field"]) == (400, "after")


@pytest.mark.parametrize("path", ["/others", "/numbers?odd=true"])
async def test_it_belongs_to_one_list_with_its_filters(lists: httpx.AsyncClient, path: str) -> None:
    cursor = (await lists.get("/numbers")).json()["next"]
    answer = await lists.get(
        path, params={"after": cursor} | ({"odd": "true"} if "?" in path else {})
    )
    assert answer.json()["code"] == "cursor_of_other_filters"
