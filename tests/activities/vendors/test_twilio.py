"""Twilio's codes, and its list of messages that settles an unknown outcome."""

import base64
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from raw_peers import CLOSE, HttpPeer, answer, listening, read_request

from activities.vendor import load
from models.errors import Misconfigured
from models.messages import Channel, Message, Outcome, Scope, Verdict

SINCE = datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)
CREATED = "Sun, 01 Mar 2026 23:59:58 +0000"  # a second early: clocks differ
SETTINGS = {"account_sid": "AC1", "auth_token": "secret-token", "sender": "+4915100"}


def sms(**changes) -> Message:
    return Message(**{"id": "o.1", "channel": Channel.SMS, "to": "+4917", "text": "hi"} | changes)


def listed(**changes) -> dict[str, object]:
    usual = {"sid": "SM1", "to": "+4917", "from": "+4915100", "body": "hi"}
    return usual | {"status": "sent", "date_created": CREATED} | changes


class Twilio:
    """The account of one test at a raw peer."""

    def __init__(self, *answers: bytes, **settings) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.settings = settings

    async def talk(self, reader, writer) -> None:
        while request := await read_request(reader):
            self.requests.append(request)
            writer.write(self.answers.pop(0))

    async def send(self, message: Message) -> Outcome:
        async with listening(self.talk) as port:
            vendor = await self._open(port)
            [outcome] = await vendor.send([message])
            await vendor.close()
        return outcome

    async def look_up(self, message: Message) -> Outcome:
        async with listening(self.talk) as port:
            vendor = await self._open(port)
            outcome = await vendor.look_up(message, SINCE)
            await vendor.close()
        return outcome

    async def _open(self, port: int):
        base = {"base_url": f"http://127.0.0.1:{port}"}
        vendor = load("twilio", SETTINGS | base | self.settings)
        await vendor.open()
        return vendor


def page(*messages: dict[str, object], following: str | None = None) -> bytes:
    body = {"messages": messages, "next_page_uri": following}
    return answer(200, json.dumps(body).encode())


def error(code: int, status: int = 400) -> bytes:
    return answer(status, json.dumps({"code": code, "message": "m", "status": status}).encode())


def authorization(request: bytes) -> str:
    line = next(li for li in request.split(b"\r\n") if li.lower().startswith(b"authorization"))
    return base64.b64decode(line.split()[-1]).decode()


async def test_the_call_is_twilio_s():
    peer = Twilio(answer(201, b'{"sid": "SM1"}'))
    outcome = await peer.send(sms(text="hé & co", sender="+491"))
    head, _, body = peer.requests[0].partition(b"\r\n\r\n")
    assert outcome == Outcome(Verdict.ACCEPTED, vendor_id="SM1")
    assert head.startswith(b"POST /2010-04-01/Accounts/AC1/Messages.json HTTP/1.1\r\n")
    assert parse_qs(body.decode()) == {"To": ["+4917"], "From": ["+491"], "Body": ["hé & co"]}
    assert authorization(peer.requests[0]) == "AC1:secret-token"


async def test_an_api_key_logs_in_and_a_messaging_service_sends():
    key = {"auth_token": None, "api_key_sid": "SK1", "api_key_secret": "s3cret"}
    peer = Twilio(answer(201, b'{"sid": "SM1"}'), sender="MG7", **key)
    await peer.send(sms())
    assert authorization(peer.requests[0]) == "SK1:s3cret"
    assert b"MessagingServiceSid=MG7" in peer.requests[0]


@pytest.mark.parametrize("changes", [{"auth_token": None}, {"api_key_sid": "SK1"}])
def test_an_account_that_cannot_log_in_is_refused(changes):
    with pytest.raises(Misconfigured):
        load("twilio", SETTINGS | changes)


@pytest.mark.parametrize(
    ("code", "status", "sender", "verdict", "scope"),
    [
        (21211, 400, "", Verdict.REFUSED, Scope.RECIPIENT),
        (21610, 400, "", Verdict.REFUSED, Scope.RECIPIENT),
        (21614, 400, "", Verdict.REFUSED, Scope.RECIPIENT),
        (21635, 400, "", Verdict.REFUSED, Scope.RECIPIENT),
        (21408, 400, "", Verdict.REFUSED, Scope.CONTENT),
        (21617, 400, "", Verdict.REFUSED, Scope.CONTENT),
        (21606, 400, "", Verdict.REFUSED, Scope.ACCOUNT),
        (21606, 400, "+491", Verdict.REFUSED, Scope.CONTENT),
        (21212, 400, "", Verdict.REFUSED, Scope.ACCOUNT),
        (20003, 401, "", Verdict.REFUSED, Scope.ACCOUNT),
        (20429, 429, "", Verdict.RETRY, Scope.ACCOUNT),
    ],
)
async def test_a_code_says_who_pays(code, status, sender, verdict, scope):
    outcome = await Twilio(error(code, status)).send(sms(sender=sender))
    assert (outcome.verdict, outcome.scope) == (verdict, scope)
    assert outcome.reason == f"twilio_{code}"


async def test_a_500_proves_nothing_whatever_its_code():
    outcome = await Twilio(error(21211, 500)).send(sms())
    assert (outcome.verdict, outcome.reason) == (Verdict.UNKNOWN, "http_500")


async def test_a_listed_message_was_accepted():
    peer = Twilio(page(listed(sid="SM0", body="other"), listed()))
    outcome = await peer.look_up(sms())
    assert outcome == Outcome(
        Verdict.ACCEPTED, vendor_id="SM1", reason="listed", candidates=("SM1",)
    )
    target = peer.requests[0].split()[1].decode()
    asked = {"To": ["+4917"], "DateSent>": ["2026-03-01"], "PageSize": ["50"]}
    assert parse_qs(urlsplit(target).query) == asked


async def test_every_listed_twin_is_a_candidate():
    outcome = await Twilio(page(listed(), listed(sid="SM2"))).look_up(sms())
    assert outcome.candidates == ("SM1", "SM2")


@pytest.mark.parametrize(
    "other",
    [
        {"to": "+4918"},
        {"from": "+4916"},
        {"body": "hi!"},
        {"date_created": "Sun, 01 Mar 2026 23:59:50 +0000"},
    ],
)
async def test_another_message_proves_nothing(other):
    outcome = await Twilio(page(listed(**other))).look_up(sms())
    assert (outcome.verdict, outcome.reason) == (Verdict.UNKNOWN, "not_listed")


async def test_the_sender_may_be_a_messaging_service():
    found = listed(**{"from": "+49999", "messaging_service_sid": "MG7"})
    outcome = await Twilio(page(found), sender="MG7").look_up(sms())
    assert outcome.verdict is Verdict.ACCEPTED


async def test_pages_are_followed_three_at_most():
    following = "/2010-04-01/Accounts/AC1/Messages.json?Page=1"
    found = await Twilio(page(following=following), page(listed())).look_up(sms())
    lost = Twilio(*[page(following=following)] * 9)
    assert found.verdict is Verdict.ACCEPTED
    assert (await lost.look_up(sms())).verdict is Verdict.UNKNOWN
    assert len(lost.requests) == 3


@pytest.mark.parametrize("elsewhere", ["https://evil.example/x", "@evil.example/x"])
async def test_the_list_does_not_lead_our_credentials_elsewhere(elsewhere):
    peer = Twilio(page(following=elsewhere), page(listed()))
    outcome = await peer.look_up(sms())
    assert (outcome.verdict, outcome.reason) == (Verdict.UNKNOWN, "look_up_failed")
    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    "broken",
    [
        error(20003, 401),
        answer(429),
        answer(500),
        answer(200, b"<html>"),
        answer(200, b"[]"),
        answer(200, b'{"messages": [{}]}'),
        answer(200, b'{"messages": [{"to": "+4917", "body": "hi", "from": "+4915100"}]}'),
        page(listed(date_created="soon")),
        page(listed(date_created=None)),
    ],
)
async def test_a_list_that_cannot_be_read_proves_nothing(broken):
    outcome = await Twilio(broken).look_up(sms())
    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.reason


async def test_a_look_up_that_breaks_off_proves_nothing():
    peer = HttpPeer(CLOSE)
    async with listening(peer.talk) as port:
        vendor = load("twilio", SETTINGS | {"base_url": f"http://127.0.0.1:{port}"})
        vendor.call_deadline = timedelta(seconds=2)
        await vendor.open()
        outcome = await vendor.look_up(sms(), SINCE)
        await vendor.close()
    assert (outcome.verdict, outcome.reason) == (Verdict.UNKNOWN, "look_up_failed")
