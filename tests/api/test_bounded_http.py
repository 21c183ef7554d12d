"""Heads that never end: too long, too slow, behind a body. On raw sockets, without a key."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import orjson
import pytest
from api_in_process import Api
from listening_api import app_of, listening

from api import bounded_http
from api.bounded_http import MOST_BYTES

Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HEAD = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"POST /v1/notifications HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECE = b"a" * 10_000


@pytest.fixture(scope="module")
async def port(api: Api) -> AsyncIterator[int]:
    async with listening(app_of(api)) as port:
        yield port


@pytest.fixture
async def connect(port: int) -> AsyncIterator[Callable[[], Awaitable[Peer]]]:
    peers: list[Peer] = []

    async def connected() -> Peer:
        peers.append(await asyncio.open_connection("127.0.0.1", port))
        return peers[-1]

    yield connected
    for _, writer in peers:
        writer.close()


async def until_it_is_closed(peer: Peer, send: Callable[[int], bytes]) -> int:
    """How many bytes it took until it took no more."""
    taken = 0
    async with asyncio.timeout(20):
        for n in range(2_000):
            peer[1].write(send(n))
            try:
                await peer[1].drain()
            except OSError:
                return taken
            taken += len(PIECE)
            await asyncio.sleep(0)
    return taken


ENDLESS = {
    "many headers": (HEAD, lambda n: b"X-%d: %b\r\n" % (n, PIECE)),
    "one header": (HEAD + b"X: ", lambda _: PIECE),
    "its name": (HEAD, lambda _: PIECE),
    "the line": (b"GET /", lambda _: PIECE),
    "behind a body": (CHUNKED + b"0\r\n", lambda n: b"X-%d: %b\r\n" % (n, PIECE)),
    "one behind a body": (CHUNKED + b"1\r\n{\r\n0\r\nX: ", lambda _: PIECE),
}


@pytest.mark.parametrize(("begins", "goes_on"), ENDLESS.values(), ids=ENDLESS)
async def test_what_never_ends_is_cut_off(
    connect: Callable[[], Awaitable[Peer]], begins: bytes, goes_on: Callable[[int], bytes]
) -> None:
    peer = await connect()
    peer[1].write(begins)
    assert await until_it_is_closed(peer, goes_on) < 10_000_000


TOO_LONG = HEAD + b"X: " + b"a" * MOST_BYTES


@pytest.mark.parametrize(
    ("sent", "status", "code", "limit"),
    [
        (TOO_LONG, b"431 Request Header Fields Too Large", "headers_too_large", MOST_BYTES),
        (
            TOO_LONG + b"\r\nContent-Length: 1\r\n\r\nx",
            b"431 Request Header Fields Too Large",
            "headers_too_large",
            MOST_BYTES,
        ),
        (b"HELO x\r\n\r\n", b"400 Bad Request", "invalid_http", None),
        (HEAD + b"Content-Length: -1\r\n\r\n", b"400 Bad Request", "invalid_http", None),
    ],
    ids=["unfinished", "whole", "another protocol", "a length below 0"],
)
async def test_the_problem_names_what_is_wrong(
    connect: Callable[[], Awaitable[Peer]],
    sent: bytes,
    status: bytes,
    code: str,
    limit: int | None,
) -> None:
    reader, writer = await connect()
    writer.write(sent)
    answer = await asyncio.wait_for(reader.read(), 20)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status + b"\r\n")
    assert b"content-type: application/problem+json" in head
    problem = orjson.loads(body)
    assert (problem["code"], problem.get("limit")) == (code, limit)


async def test_long_ones_within_it_are_read_one_after_the_other(
    connect: Callable[[], Awaitable[Peer]],
) -> None:
    reader, writer = await connect()
    for _ in range(3):
        writer.write(HEAD + b"X: " + b"a" * (MOST_BYTES - 1_000) + b"\r\n\r\n")
        answer = await asyncio.wait_for(reader.readuntil(b'{"status":"ok"}'), 20)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_long_body_is_no_long_head(connect: Callable[[], Awaitable[Peer]]) -> None:
    reader, writer = await connect()
    length = b"Content-Length: %d\r\n\r\n" % (2 * MOST_BYTES)
    writer.write(HEAD + length + b"a" * (2 * MOST_BYTES))
    answer = await asyncio.wait_for(reader.readuntil(b'{"status":"ok"}'), 20)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("sent", [b"", HEAD, HEAD + b"\r\n" + HEAD])
async def test_one_that_does_not_come_to_its_end_is_given_up(
    connect: Callable[[], Awaitable[Peer]], monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(bounded_http, "HEAD_SECONDS", 0.2)
    reader, writer = await connect()
    writer.write(sent)
    answers = await asyncio.wait_for(reader.read(), 20)
    assert answers.count(b"HTTP/1.1 200 OK") == (1 if sent.count(HEAD) == 2 else 0)
