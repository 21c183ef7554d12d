"""Forms that no browser sends: too long by another name, with what cannot be stored."""

import asyncio

import pytest
from console_visitors import ORIGIN, Browser, Desk
from listening_api import app_of, listening

from api.console import routes
from api.console.forgery import HEADER
from api.console.routes import FormRequest

PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n%b\r\n--x--\r\n'


async def send(browser: Browser, token: str, kind: str, body: bytes) -> int:
    headers = {"Origin": ORIGIN, "Content-Type": kind, HEADER: token}
    answer = await browser.http.post("/console/login", content=body, headers=headers)
    return answer.status_code


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "Multipart/FORM-Data; boundary=x"]
)
async def test_a_form_has_its_limit_however_its_type_is_written(desk: Desk, kind: str) -> None:
    guest = desk.browser()
    token = (await guest.form_of("/login"))["form_token"]
    assert await send(guest, token, kind, PART % b"") == 422
    assert await send(guest, token, kind, PART % bytes(FormRequest.most_bytes)) == 413


async def test_what_cannot_be_stored_is_named(desk: Desk) -> None:
    guest = desk.browser()
    answer = await guest.log_in("a\0@example.com")
    assert (answer.status_code, "email" in answer.text) == (422, True)
    admin = desk.staff["admin"]
    answer = await admin.send("/account", "/account", name="a\0b")
    assert (answer.status_code, "name" in answer.text) == (422, True)


FIELDS = b"".join(
    b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n\\ud800\r\n' % name
    for name in (b"email", b"password", b"form_token")
)


@pytest.mark.parametrize(
    ("charset", "status"),
    [
        ("", 403),  # nothing of ours is in it, but it can be read
        ("; charset=UTF-8", 403),
        ('; Charset = "utf-8"; more=1', 403),
        ("; charset=unicode_escape", 415),
        ("; charset*=utf-8''unicode_escape", 415),
        ("; charset=utf-8; charset=punycode", 415),
        ("; charset=undefined", 415),
    ],
)
async def test_a_form_is_in_the_letters_that_browsers_send(
    desk: Desk, charset: str, status: int
) -> None:
    guest = desk.browser()
    kind = f"multipart/form-data; boundary=x{charset}"
    headers = {"Origin": ORIGIN, "Content-Type": kind}
    body = FIELDS + b"--x--\r\n"
    answer = await guest.http.post("/console/login", content=body, headers=headers)
    assert answer.status_code == status


async def test_a_form_that_does_not_come_to_its_end_is_given_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "PATIENCE_SECONDS", 0.2)
    async with listening(app_of(desk.api)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /console/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\nemail="
        )
        answer = await asyncio.wait_for(reader.readline(), 20)
        writer.close()
    assert answer == b"HTTP/1.1 400 Bad Request\r\n"
