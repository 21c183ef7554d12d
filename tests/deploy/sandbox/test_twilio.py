from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest

from deploy.local.sandbox.journal import read
from deploy.local.sandbox.server import Running

SID = "AC" + "a1" * 16
PATH = f"/2010-04-01/Accounts/{SID}/Messages.json"
HEADERS = {"Authorization": aiohttp.encode_basic_auth(SID, "token"), "Idempotency-Key": "o.7"}
SMS = {"To": "+4915112345678", "From": "+15005550006", "Body": "Your code is 402117"}
Answer = tuple[int, dict[str, Any]]


async def send(http: aiohttp.ClientSession, **form: str) -> Answer:
    async with http.post(PATH, data=SMS | form, headers=HEADERS) as response:
        return response.status, await response.json()


async def get(http: aiohttp.ClientSession, path: str, **query: str) -> Answer:
    async with http.get(path, params=query, headers=HEADERS) as response:
        return response.status, await response.json()


async def test_a_message_is_queued_and_journalled(
    sandbox: Running, http: aiohttp.ClientSession
) -> None:
    status, body = await send(http)
    assert (status, body["status"], body["error_code"]) == (201, "queued", None)
    assert body["sid"].startswith("SM")
    assert len(body["sid"]) == 34
    assert body["uri"] == f"/2010-04-01/Accounts/{SID}/Messages/{body['sid']}.json"
    created = parsedate_to_datetime(body["date_created"])
    assert abs(datetime.now(UTC) - created) < timedelta(seconds=5)

    [effect] = read(sandbox.desk.journal.path)
    assert (effect.vendor, effect.account, effect.key) == ("twilio", SID, "o.7")
    assert (effect.to, effect.text) == (SMS["To"], SMS["Body"])
    assert (effect.vendor_id, effect.fault, effect.answered) == (body["sid"], None, True)


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"To": "12345"}, 400, 21211),
        ({"To": ""}, 400, 21604),
        ({"To": "+15005550001"}, 400, 21211),
        ({"To": "+15005550004"}, 400, 21610),
        ({"To": "+15005550009"}, 400, 21614),
        ({"From": ""}, 400, 21603),
        ({"From": "+15005550001"}, 400, 21212),
        ({"From": "+15005550007"}, 400, 21606),
        ({"From": "+15005550008"}, 429, 21611),
        ({"Body": ""}, 400, 21602),
        ({"Body": "x" * 1601}, 400, 21617),
    ],
)
async def test_what_twilio_refuses_is_refused_with_its_code(
    sandbox: Running, http: aiohttp.ClientSession, form: dict[str, str], status: int, code: int
) -> None:
    answered, body = await send(http, **form)
    assert (answered, body["code"], body["status"]) == (status, code, status)
    assert body["more_info"].endswith(str(code))
    assert list(read(sandbox.desk.journal.path)) == []
    assert sandbox.desk.refusals["twilio"] == 1


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Basic !"}, {"Authorization": aiohttp.encode_basic_auth("AC9", "x")}],
)
async def test_other_credentials_are_refused(
    http: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    for call in (http.post(PATH, data=SMS, headers=headers), http.get(PATH, headers=headers)):
        async with call as response:
            assert (response.status, (await response.json())["code"]) == (401, 20003)


async def test_a_look_up_finds_what_was_sent_to_a_number(http: aiohttp.ClientSession) -> None:
    _, sent = await send(http)
    await send(http, To="+4915100000000")
    today = datetime.now(UTC).date()
    _, page = await get(http, PATH, **{"To": SMS["To"], "DateSent>": str(today)})
    [found] = page["messages"]
    assert (found["sid"], found["to"]) == (sent["sid"], SMS["To"])
    assert (found["body"], found["from"]) == (SMS["Body"], SMS["From"])
    assert parsedate_to_datetime(found["date_created"]).date() == today
    assert page["next_page_uri"] is None

    tomorrow = str(today + timedelta(days=1))
    _, later = await get(http, PATH, **{"To": SMS["To"], "DateSent>": tomorrow})
    _, exact = await get(http, PATH, DateSent=str(today))
    assert (later["messages"], len(exact["messages"])) == ([], 2)


async def test_pages_hold_each_message_once_while_new_ones_arrive(
    http: aiohttp.ClientSession,
) -> None:
    sids = [(await send(http))[1]["sid"] for _ in range(5)]
    found: list[str] = []
    uri: str | None = f"{PATH}?To=%2B4915112345678&PageSize=2"
    while uri:
        _, page = await get(http, uri)
        found += [message["sid"] for message in page["messages"]]
        await send(http)
        uri = page["next_page_uri"]
    assert found == sids[::-1]


async def test_the_list_holds_what_a_fault_kept_from_the_sender(
    http: aiohttp.ClientSession, order: Callable[..., Awaitable[int]]
) -> None:
    await order("twilio", "error_after")
    assert (await send(http))[0] == 500
    _, page = await get(http, PATH, To=SMS["To"])
    assert len(page["messages"]) == 1


async def test_a_date_that_is_none_is_refused(http: aiohttp.ClientSession) -> None:
    status, body = await get(http, PATH, DateSent="yesterday")
    assert (status, body["code"]) == (400, 20001)
