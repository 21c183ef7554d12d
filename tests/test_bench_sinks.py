"""The bench's sinks must be exact, or its figures say nothing: every recipient, in any pieces."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import suppress

import pytest

from activities.vendor import load
from models.messages import Channel, Message, Verdict
from tests.bench.baselines import CLIENTS, baseline
from tests.bench.sink_books import Books, Peer, checksum
from tests.bench.sink_http import HttpPeer
from tests.bench.sink_smtp import SmtpPeer
from tests.bench.sinks import HOST, Sink, sink

MAIL = b"MAIL FROM:<a@example.com> BODY=8BITMIME SIZE=99\r\nRCPT TO:<%s>\r\nDATA\r\n"
SESSION = (
    b"EHLO me\r\n"
    + MAIL % b"ada@example.com"
    + b"Subject: a\r\n\r\n..\r\nHello.\r\n.\r\n"
    + MAIL % b"grace@example.com"
    + b".\r\n"  # an empty body
    + MAIL % b"ada@example.com"
    + b"x\r\n.\r\nRSET\r\nQUIT\r\n"
)
SESSION_CODES = [b"250-"] * 3 + [b"250 "] + [b"250 ", b"250 ", b"354 ", b"250 "] * 3 + [b"250 "]
TWILIO = b"POST /2010-04-01/Accounts/AC1/Messages.json HTTP/1.1\r\ncontent-length: %d\r\n\r\n%s"
SENDGRID = b"POST /v3/mail/send HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s"


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.said = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.said += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close


def said_to(peer: Peer, *pieces: bytes) -> bytes:
    wire = Wire()
    peer.connection_made(wire)
    for piece in pieces:
        peer.data_received(piece)
    return wire.said


def splits(stream: bytes) -> Iterator[list[bytes]]:
    """In two at every place, and byte by byte."""
    for at in range(len(stream)):
        yield [stream[:at], stream[at:]]
    yield [stream[at : at + 1] for at in range(len(stream))]


def posted(form: bytes) -> bytes:
    return TWILIO % (len(form), form)


def sent(body: object, *, blanks: bool = False) -> bytes:
    separators = None if blanks else (",", ":")
    raw = json.dumps(body, separators=separators).encode()
    return SENDGRID % (len(raw), raw)


def to(*addresses: str) -> dict[str, object]:
    tricky = 'a "to":[{"email":"nobody@example.com"}] [{ in a text'
    return {"to": [{"email": a} for a in addresses], "substitutions": {"-x-": tricky}}


def test_a_pipelined_session_is_the_same_in_any_pieces() -> None:
    for pieces in splits(SESSION):
        books = Books()
        lines = said_to(SmtpPeer(books), *pieces).split(b"\r\n")
        codes = [b"220 ", *SESSION_CODES, b"221 "]
        assert [line[:4] for line in lines[:-1]] == codes
        assert books.seen == {b"ada@example.com": 2, b"grace@example.com": 1}
        assert (books.messages, books.view()["duplicates"]) == (3, 1)
        assert books.size == len(b"Subject: a\r\n\r\n..\r\nHello.") + len(b"x") + 2 + 2


def test_smtp_takes_nothing_without_sender_and_recipient() -> None:
    books = Books()
    codes = {
        b"RCPT TO:<a@example.com>\r\n": b"503",
        b"DATA\r\n": b"503",
        b"MAIL FROM:<a@example.com>\r\nDATA\r\n": b"554",
        b"MAIL FROM:<a@example.com>\r\nRCPT TO:<nobody>\r\nDATA\r\n": b"554",
        MAIL[:-6] % b"a@example.com" + b"RSET\r\nDATA\r\n": b"503",
        b"VRFY a\r\n": b"500",
        b"x" * 5000: b"500",
    }
    for line, code in codes.items():
        assert said_to(SmtpPeer(books), line).split(b"\r\n")[-2][:3] == code, line
    assert books.messages == 0


def test_requests_are_the_same_in_any_pieces() -> None:
    stream = (
        posted(b"To=%2B4915&From=%2B1500&Body=Hi&To2=%2B1")
        + posted(b"From=%2B1500&To=%2B4916")
        + sent({"personalizations": [to("ada@example.com"), to("grace@example.com")]})
        + posted(b"Body=To")
        + b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    for pieces in splits(stream):
        books = Books()
        statuses = re.findall(rb"HTTP/1.1 (\d+)", said_to(HttpPeer(books), *pieces))
        assert statuses == [b"201", b"201", b"202", b"400", b"404"]
        assert set(books.seen) == {b"+4915", b"+4916", b"ada@example.com", b"grace@example.com"}
        assert books.messages == 4


@pytest.mark.parametrize("blanks", [False, True])
def test_whoever_shares_a_personalization_is_counted(blanks: bool) -> None:
    books = Books()
    body = {"personalizations": [to("a@example.com", "b@example.com"), to("c@example.com")]}
    assert b" 202 " in said_to(HttpPeer(books), sent(body, blanks=blanks))
    assert set(books.seen) == {b"a@example.com", b"b@example.com", b"c@example.com"}


def test_a_checksum_knows_a_set_by_its_addresses() -> None:
    some = {b"a@example.com": 1, b"b@example.com": 2}
    assert checksum(some) == checksum([b"b@example.com", b"a@example.com"])
    assert checksum(some) != checksum([b"a@example.com", b"c@example.com"])


def account(running: Sink, vendor: str) -> dict[str, object]:
    by_vendor: dict[str, dict[str, object]] = {
        "smtp": {"host": HOST, "port": running.port, "tls": "none", "message_id_domain": "b.test"},
        "twilio": {"account_sid": "AC1", "auth_token": "sink", "base_url": running.url},
        "sendgrid": {"api_key": "SG.sink", "base_url": running.url},
    }
    sender = "+15005550006" if vendor == "twilio" else "Bench <bench@example.com>"
    return {**by_vendor[vendor], "sender": sender}


@pytest.mark.parametrize("name", ["smtp", "twilio", "sendgrid"])
async def test_our_adapter_is_counted_reset_and_left_hanging(name: str) -> None:
    sms = name == "twilio"
    addresses = [f"+4915{n}" if sms else f"r{n}@example.com" for n in range(3)]
    channel = Channel.SMS if sms else Channel.EMAIL
    messages = [
        Message(f"1.{n}", channel, to=to, text="Hi, ä", subject="" if sms else "Hi")
        for n, to in enumerate(addresses)
    ]
    with sink("smtp" if name == "smtp" else "http") as running:
        vendor = load(name, account(running, name))
        await vendor.open()
        try:
            for call in vendor.batches(messages):
                outcomes = await vendor.send(call)
                assert {(o.verdict, bool(o.vendor_id)) for o in outcomes} == {
                    (Verdict.ACCEPTED, True)
                }
            books = await running.books()
            assert (books["messages"], books["distinct"], books["duplicates"]) == (3, 3, 0)
            assert books["first_at"] <= books["last_at"]
            assert await running.checksum() == checksum(a.encode() for a in addresses)
            await running.reset()
            await running.hang()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.3):
                    await vendor.send(messages[:1])
            held = await running.books()
            assert (held["messages"], held["hanging"]) == (0, True)
            await running.answer()
            [outcome] = await vendor.send(messages[:1])
            assert outcome.verdict is Verdict.ACCEPTED
        finally:
            await vendor.close()
    assert not running.process.is_running()


@pytest.mark.parametrize("kind", CLIENTS)
async def test_a_baseline_sends_to_everybody_once(kind: str) -> None:
    people = 1500  # two batches, one of them not full
    with sink(CLIENTS[kind][0]) as running:
        assert (await baseline(kind, running, people)).rate > 0  # it counts, and empties the books
        assert (await running.books())["messages"] == 0
