import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import aiohttp
import pytest
from standardwebhooks import Webhook

from deploy.local.sandbox.faults import Fault
from deploy.local.sandbox.journal import read
from deploy.local.sandbox.server import Running
from deploy.local.sandbox.webhook import SECRET
from deploy.local.sandbox.wire import GARBAGE

Wire = Callable[..., Awaitable[bytes]]
Order = Callable[..., Awaitable[int]]


def post(
    path: str, body: str, kind: str = "application/json", authorization: str = "", **headers: str
) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: sandbox", f"Content-Type: {kind}"]
    lines += [f"Authorization: {authorization}"] if authorization else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", body]
    return "\r\n".join(lines).encode()


def signed(path: str, body: str = '{"type": "hi"}', id: str = "o_1") -> bytes:
    now = datetime.now(UTC)
    signature = Webhook(SECRET).sign(id, now, body)
    at = str(int(now.timestamp()))
    named = {"webhook_id": id, "webhook_timestamp": at, "webhook_signature": signature}
    return post(path, body, **named)


MAIL = {
    "from": {"email": "a@x.io"},
    "subject": "s",
    "content": [{"type": "text/plain", "value": "hi"}],
    "personalizations": [{"to": [{"email": "b@x.io"}]}],
}
REQUESTS = {
    "twilio": post(
        "/2010-04-01/Accounts/AC1/Messages.json",
        "To=%2B4915112345678&From=%2B15005550006&Body=hi",
        "application/x-www-form-urlencoded",
        aiohttp.encode_basic_auth("AC1", "x"),
    ),
    "telegram": post("/bot1:x/sendMessage", '{"chat_id": 5, "text": "hi"}'),
    "sendgrid": post("/v3/mail/send", json.dumps(MAIL), authorization="Bearer SG.a.b"),
    "smtp": b"EHLO me\r\nMAIL FROM:<a@x.io>\r\nRCPT TO:<b@x.io>\r\nDATA\r\n"
    b"Subject: s\r\n\r\nhi\r\n.\r\nQUIT\r\n",
}
DELIVERED = {
    "twilio": b" 201 ",
    "telegram": b" 200 ",
    "sendgrid": b" 202 ",
    "webhook": b" 204 ",
}
HTTP = [*DELIVERED]
REFUSE = {
    "twilio": b" 400 ",
    "telegram": b" 403 ",
    "sendgrid": b" 400 ",
    "webhook": b" 410 ",
}
STATUS = {
    Fault.REFUSE_ACCOUNT: b" 401 ",
    Fault.BUSY: b" 429 ",
    Fault.UNAVAILABLE: b" 503 ",
    Fault.ERROR_BEFORE: b" 500 ",
    Fault.ERROR_AFTER: b" 500 ",
}
BROKEN = [
    (Fault.SILENCE_BEFORE, b"(silence)"),
    (Fault.SILENCE_AFTER, b"(silence)"),
    (Fault.DISCONNECT_BEFORE, b""),
    (Fault.DISCONNECT_AFTER, b""),
    (Fault.RESET_BEFORE, b"(reset)"),
    (Fault.RESET_AFTER, b"(reset)"),
    (Fault.GARBAGE, GARBAGE),
]
ACCEPTING = frozenset(
    {Fault.SLOW, Fault.GARBAGE, Fault.HALF_BODY, Fault.ERROR_AFTER}
    | {Fault.SILENCE_AFTER, Fault.DISCONNECT_AFTER, Fault.RESET_AFTER}
)


def request_of(vendor: str) -> bytes:
    """One that the vendor accepts; a webhook's signature is good for five minutes."""
    return signed("/webhooks/a") if vendor == "webhook" else REQUESTS[vendor]


def patience(fault: Fault) -> float:
    """How long to listen, in seconds: to a silence not long, or it would take a minute."""
    return 0.15 if fault in (Fault.SILENCE_BEFORE, Fault.SILENCE_AFTER) else 10


async def check_books(sandbox: Running, vendor: str, fault: Fault) -> None:
    """What the journal and the counts must say after one message met one fault."""
    async with asyncio.timeout(5):
        while not sandbox.desk.faults.applied:  # a silence does not tell that it has begun
            await sandbox.desk.journal.append([])
    await sandbox.desk.journal.append([])  # what came before is durable now
    effects = list(read(sandbox.desk.journal.path))
    accepted = [(vendor, fault, fault is Fault.SLOW)] if fault in ACCEPTING else []
    assert [(e.vendor, e.fault, e.answered) for e in effects] == accepted
    assert sandbox.desk.faults.applied == {(vendor, fault): 1}


@pytest.mark.parametrize("vendor", HTTP)
@pytest.mark.parametrize("fault", [Fault.REFUSE, *STATUS])
async def test_a_fault_that_is_answered_uses_the_vendors_own_error(
    sandbox: Running, order: Order, wire: Wire, vendor: str, fault: Fault
) -> None:
    await order(vendor, fault, times=1)
    said = await wire(sandbox.http_port, request_of(vendor))
    assert (STATUS.get(fault) or REFUSE[vendor]) in said.partition(b"\r\n")[0]
    assert (b"\r\nRetry-After: 2\r\n" in said) is (fault is Fault.BUSY)
    await check_books(sandbox, vendor, fault)
    assert DELIVERED[vendor] in await wire(sandbox.http_port, request_of(vendor))


@pytest.mark.parametrize("vendor", HTTP)
@pytest.mark.parametrize(("fault", "expected"), BROKEN)
async def test_a_broken_connection_over_http(
    sandbox: Running, order: Order, wire: Wire, vendor: str, fault: Fault, expected: bytes
) -> None:
    await order(vendor, fault, times=1)
    assert await wire(sandbox.http_port, request_of(vendor), patience(fault)) == expected
    await check_books(sandbox, vendor, fault)
    assert DELIVERED[vendor] in await wire(sandbox.http_port, request_of(vendor))


@pytest.mark.parametrize("vendor", HTTP)
async def test_half_an_answer_over_http(
    sandbox: Running, order: Order, wire: Wire, vendor: str
) -> None:
    await order(vendor, "half_body", times=1)
    said = await wire(sandbox.http_port, request_of(vendor))
    head, end_of_head, body = said.partition(b"\r\n\r\n")
    assert said.startswith(b"HTTP/1.1" + DELIVERED[vendor])
    if vendor in ("sendgrid", "webhook"):  # it answers without a body: half of the head
        assert not end_of_head
    else:
        assert f"Content-Length: {len(body)}".encode() not in head
        with pytest.raises(json.JSONDecodeError):
            json.loads(body)
    await check_books(sandbox, vendor, Fault.HALF_BODY)


async def test_a_slow_answer_comes_after_its_seconds(
    sandbox: Running, order: Order, wire: Wire
) -> None:
    await order("telegram", "slow", seconds=0.15, times=1)
    began = time.monotonic()
    assert DELIVERED["telegram"] in await wire(sandbox.http_port, REQUESTS["telegram"])
    assert time.monotonic() - began >= 0.15
    await check_books(sandbox, "telegram", Fault.SLOW)


@pytest.mark.parametrize(
    ("fault", "reply"),
    [
        (Fault.REFUSE, b"550 5.1.1"),
        (Fault.REFUSE_ACCOUNT, b"530 5.7.0"),
        (Fault.BUSY, b"450 4.2.1"),
        (Fault.UNAVAILABLE, b"421 4.3.2"),
        (Fault.ERROR_BEFORE, b"451 4.3.0"),
        (Fault.ERROR_AFTER, b"\r\nThe dog has taken"),
        (Fault.SLOW, b"queued as"),
    ],
)
async def test_a_fault_that_is_answered_over_smtp(
    sandbox: Running, order: Order, wire: Wire, fault: Fault, reply: bytes
) -> None:
    await order("smtp", fault, times=1, **({"seconds": 0.05} if fault is Fault.SLOW else {}))
    assert reply in await wire(sandbox.smtp_port, REQUESTS["smtp"])
    await check_books(sandbox, "smtp", fault)


@pytest.mark.parametrize(("fault", "expected"), [*BROKEN, (Fault.HALF_BODY, b"250 2.0")])
async def test_a_broken_connection_over_smtp(
    sandbox: Running, order: Order, wire: Wire, fault: Fault, expected: bytes
) -> None:
    await order("smtp", fault, times=1)
    said = await wire(sandbox.smtp_port, REQUESTS["smtp"], patience(fault))
    if expected == b"(reset)":
        assert said == expected
    else:  # everything before the final dot was in order
        after_data = said.partition(b"354 End data with <CR><LF>.<CR><LF>\r\n")[2]
        assert after_data == expected.replace(b"(silence)", b"")
    await check_books(sandbox, "smtp", fault)


async def test_a_refused_account_cannot_log_in(sandbox: Running, order: Order, wire: Wire) -> None:
    await order("smtp", "refuse_account", account="mailer")
    hello = b"EHLO me\r\nAUTH PLAIN AG1haWxlcgB4\r\nAUTH PLAIN AG90aGVyAHg=\r\nQUIT\r\n"
    said = await wire(sandbox.smtp_port, hello)
    assert b"535 5.7.8" in said
    assert said.index(b"535 5.7.8") < said.index(b"235 2.7.0")


async def test_a_fault_for_one_recipient_leaves_the_others_alone(
    sandbox: Running, order: Order, wire: Wire
) -> None:
    await order("telegram", "refuse", to="6")
    assert DELIVERED["telegram"] in await wire(sandbox.http_port, REQUESTS["telegram"])
    other = REQUESTS["telegram"].replace(b'"chat_id": 5', b'"chat_id": 6')
    assert REFUSE["telegram"] in await wire(sandbox.http_port, other)


async def test_a_bad_request_uses_no_fault_up(
    sandbox: Running, http: aiohttp.ClientSession, order: Order
) -> None:
    await order("telegram", "error_after", times=1)
    for body, status in (({"chat_id": 5}, 400), ({"chat_id": 5, "text": "hi"}, 500)):
        async with http.post("/bot1:x/sendMessage", json=body) as response:
            assert response.status == status


async def test_a_sender_that_leaves_a_silence_is_let_go(sandbox: Running, order: Order) -> None:
    await order("telegram", "silence_after")
    before = asyncio.all_tasks()
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.http_port)
    writer.write(REQUESTS["telegram"])
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(), timeout=0.2)
    held = asyncio.all_tasks() - before
    writer.close()
    _, left = await asyncio.wait(held, timeout=2)
    assert held
    assert not left
