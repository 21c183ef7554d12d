from typing import Any

import aiohttp
import pytest

from deploy.local.sandbox.journal import read
from deploy.local.sandbox.server import Running


async def send(http: aiohttp.ClientSession, **body: Any) -> tuple[int, dict[str, Any]]:
    headers = {"Idempotency-Key": "o.1"}
    async with http.post("/bot77:secret/sendMessage", json=body, headers=headers) as response:
        return response.status, await response.json()


async def test_messages_are_numbered_by_chat(sandbox: Running, http: aiohttp.ClientSession) -> None:
    results = [(await send(http, chat_id=chat, text="Hi"))[1] for chat in (5, "5", 6)]
    assert all(result["ok"] for result in results)
    assert [result["result"]["message_id"] for result in results] == [1, 2, 1]
    assert [result["result"]["chat"]["id"] for result in results] == [5, 5, 6]
    effects = list(read(sandbox.desk.journal.path))
    assert [(e.to, e.vendor_id, e.text) for e in effects][:2] == [
        ("5", "1", "Hi"),
        ("5", "2", "Hi"),
    ]
    assert {e.key for e in effects} == {"o.1"}


async def test_the_secret_half_of_the_token_is_kept_nowhere(
    sandbox: Running, http: aiohttp.ClientSession
) -> None:
    await send(http, chat_id=5, text="Hi")
    assert next(read(sandbox.desk.journal.path)).account == "77"
    assert b"secret" not in sandbox.desk.journal.path.read_bytes()


async def test_html_is_journalled_as_it_came_and_as_it_reads(
    sandbox: Running, http: aiohttp.ClientSession
) -> None:
    source = 'a &lt; <b>b <i>c</i></b> <a href="https://example.com">d</a>'
    _, body = await send(http, chat_id=5, text=source, parse_mode="HTML")
    assert body["result"]["text"] == "a < b c d"
    [effect] = read(sandbox.desk.journal.path)
    assert (effect.text, effect.html) == ("a < b c d", source)


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"chat_id": 403}, 403, "Forbidden: bot was blocked by the user"),
        ({"chat_id": 400}, 400, "Bad Request: chat not found"),
        ({"chat_id": None}, 400, "Bad Request: chat_id is empty"),
        ({"text": " "}, 400, "Bad Request: message text is empty"),
        ({"text": "😀" * 2049}, 400, "Bad Request: message is too long"),
        ({"text": "<br>", "parse_mode": "HTML"}, 400, "Unsupported start tag"),
        ({"text": "<b>x", "parse_mode": "HTML"}, 400, "Can't find end tag"),
        ({"text": "<b><i>x</b></i>", "parse_mode": "HTML"}, 400, "Unmatched end tag"),
    ],
)
async def test_what_telegram_refuses_is_refused_in_its_words(
    sandbox: Running, http: aiohttp.ClientSession, body: dict[str, Any], code: int, words: str
) -> None:
    status, answer = await send(http, **{"chat_id": 5, "text": "Hi"} | body)
    assert (status, answer["ok"], answer["error_code"]) == (code, False, code)
    assert words in answer["description"]
    assert list(read(sandbox.desk.journal.path)) == []


async def test_a_busy_telegram_says_how_long_to_wait(http: aiohttp.ClientSession) -> None:
    status, answer = await send(http, chat_id=429, text="Hi")
    assert (status, answer["parameters"]) == (429, {"retry_after": 2})
