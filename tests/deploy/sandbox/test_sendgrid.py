from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from deploy.local.sandbox.journal import read
from deploy.local.sandbox.server import Running


def person(address: str, **more: Any) -> dict[str, Any]:
    return {"to": [{"email": address}]} | more


def mail(*people: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "from": {"email": "news@example.com"},
        "subject": "Hello",
        "content": [{"type": "text/plain", "value": "Hi"}],
        "personalizations": list(people),
    } | more


async def send(
    http: aiohttp.ClientSession, body: Any, key: str = "SG.id.secret"
) -> tuple[int, Any, str]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with http.post("/v3/mail/send", json=body, headers=headers) as response:
        answer = await response.json() if response.status != 202 else await response.text()
        return response.status, answer, response.headers.get("X-Message-Id", "")


async def test_each_recipient_gets_an_own_text_and_all_share_one_id(
    sandbox: Running, http: aiohttp.ClientSession
) -> None:
    body = mail(
        person(
            "ada@example.com",
            custom_args={"message": "o.1"},
            substitutions={"-t-": "Ada -h-", "-h-": "<b>1</b>", "-n-": "A"},
        ),
        person("bob@example.com", custom_args={"message": "o.2"}, substitutions={"-t-": "Bob"}),
        subject="For -n-",
        content=[{"type": "text/plain", "value": "-t-"}, {"type": "text/html", "value": "-h-"}],
    )
    status, answer, vendor_id = await send(http, body)
    assert (status, answer) == (202, "")
    assert vendor_id
    ada, bob = read(sandbox.desk.journal.path)
    assert (ada.key, ada.to, ada.subject) == ("o.1", "ada@example.com", "For A")
    assert (ada.text, ada.html) == ("Ada -h-", "<b>1</b>")
    assert (bob.key, bob.subject, bob.text, bob.html) == ("o.2", "For -n-", "Bob", "-h-")
    assert {ada.vendor_id, bob.vendor_id} == {vendor_id}
    assert ada.account == "SG.id"
    assert b"secret" not in sandbox.desk.journal.path.read_bytes()


async def test_a_thousand_recipients_are_taken_in_one_call(
    sandbox: Running, http: aiohttp.ClientSession
) -> None:
    status, *_ = await send(http, mail(*(person(f"u{i}@example.com") for i in range(1000))))
    assert status == 202
    assert sandbox.desk.journal.index.counts["sendgrid"] == 1000


ADA = person("ada@example.com")


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        (mail(), "personalizations", "must have at least one"),
        (mail(*(person(f"u{i}@example.com") for i in range(1001))), "personalizations", "1000"),
        (mail(ADA, person("ADA@example.com")), "personalizations.1", "only be included once"),
        (mail({"to": []}), "personalizations.0.to", "to array is required"),
        (mail(ADA, person("invalid@x.io")), "personalizations.1.to.0.email", "valid address"),
        (mail(ADA, **{"from": {}}), "from.email", "from object"),
        (mail(ADA, subject=""), "subject", "subject is required"),
        (mail(ADA, content=[]), "content", "content parameter"),
        (mail(ADA, content=[{"type": "text/plain", "value": ""}]), "content.0.value", "one char"),
        (
            mail(person("a@x.io", substitutions={"-b-": "x" * 10_000})),
            "personalizations.0.substitutions",
            "10000 bytes",
        ),
        (
            mail({"to": [{"email": f"u{i}@x.io"} for i in range(1001)]}),
            "personalizations",
            "1000 total recipients",
        ),
        (["no object"], None, "Bad Request"),
        (mail({"to": [{"email": "a@x.io"}], "cc": 7}), None, "Bad Request"),
    ],
)
async def test_what_sendgrid_refuses_is_refused_for_the_whole_call(
    sandbox: Running, http: aiohttp.ClientSession, body: Any, field: str | None, words: str
) -> None:
    status, answer, _ = await send(http, body)
    [error] = answer["errors"]
    assert (status, error["field"]) == (400, field)
    assert words in error["message"]
    assert list(read(sandbox.desk.journal.path)) == []


@pytest.mark.parametrize(
    ("to", "place"),
    [({}, "personalizations.0.to.0.email"), ({"to": "b@x.io"}, "personalizations.1.to.0.email")],
)
async def test_a_refused_recipient_is_named_by_its_place(
    http: aiohttp.ClientSession,
    order: Callable[..., Awaitable[int]],
    to: dict[str, str],
    place: str,
) -> None:
    await order("sendgrid", "refuse", **to)
    status, answer, _ = await send(http, mail(person("a@x.io"), person("b@x.io")))
    assert (status, answer["errors"][0]["field"]) == (400, place)


async def test_a_call_without_a_key_is_refused(http: aiohttp.ClientSession) -> None:
    status, answer, _ = await send(http, mail(ADA), key="")
    assert status == 401
    assert "authorization grant is invalid" in answer["errors"][0]["message"]
