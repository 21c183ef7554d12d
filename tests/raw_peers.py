"""Peers on raw sockets: they count what reached them, and answer what a test tells them to.

They never close a connection that a test did not end, or "silence" would be a disconnect.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

SILENCE, CLOSE, RESET = b"<silence>", b"<close>", b"<reset>"


@asynccontextmanager
async def listening(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """A server on a free port; its conversations end with it."""
    talks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            await talk(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            talks.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 22)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(talks):
            task.cancel()


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def say(writer: asyncio.StreamWriter, reply: bytes) -> None:
    """Write the reply, or do what it stands for."""
    if reply == RESET:
        reset(writer)
        raise ConnectionResetError
    if reply == CLOSE:
        raise ConnectionAbortedError
    if reply == SILENCE:
        await asyncio.Event().wait()
    writer.write(reply)
    await writer.drain()


async def until(condition: Callable[[], object]) -> None:
    """Wait for what a peer has seen; five seconds at most."""
    async with asyncio.timeout(5):
        while True:
            if condition():
                return
            await asyncio.sleep(0.001)


@dataclass
class HttpPeer:
    """Answers each request with `answer`; `before` is done without reading anything."""

    answer: bytes = CLOSE
    before: bytes = b""
    repeated: bytes = b""  # after the answer, without end
    then: bytes = b""  # last: what ends the connection, b"" keeps it
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.before:
            await say(writer, self.before)
        while request := await read_request(reader):
            self.requests.append(request)
            await say(writer, self.answer)
            while self.repeated:
                await say(writer, self.repeated)
                await asyncio.sleep(0.001)
            if self.then:
                await say(writer, self.then)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """One whole request; b"" when the client hung up."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            head += await reader.readexactly(int(value))
    return head


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A whole HTTP answer; `retry_after="7"` is the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named = {"content-length": str(len(body))} | named
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body


@dataclass
class SmtpPeer:
    """A mail server by script: a stage's reply, or SILENCE, CLOSE, RESET in its place.

    Stages: greeting, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, body (its first line), . and QUIT.
    """

    script: dict[str, bytes] = field(default_factory=dict)
    once: dict[str, bytes] = field(default_factory=dict)  # the same, for the next time only
    offers: tuple[str, ...] = ("AUTH PLAIN LOGIN", "STARTTLS", "SIZE 1000000")
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0
    commands: list[bytes] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)  # those that came with their final dot

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self._say(writer, "greeting", b"220 ready")
            while line := await reader.readline():
                await self._obey(line, reader, writer)
        finally:
            self.at_once -= 1

    async def _obey(
        self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.commands.append(line.strip())
        word = line[:4].decode(errors="replace").strip().upper()
        stage = {"STAR": "STARTTLS"}.get(word, word)
        usual = {"EHLO": self._ehlo(), "AUTH": b"235 in", "DATA": b"354 go", "QUIT": b"221 bye"}
        if await self._say(writer, stage, usual.get(stage, b"250 ok")) == b"354 go":
            content = await self._content(reader, writer)
            self.contents.append(content)
            queued = b"250 2.0.0 Ok: queued as Q%d" % len(self.contents)
            await self._say(writer, ".", queued)

    async def _content(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        content = b""
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                raise ConnectionAbortedError
            content += line
            if "body" in self.script:
                await self._say(writer, "body", b"")
                raise ConnectionAbortedError
        return content

    async def _say(self, writer: asyncio.StreamWriter, stage: str, usual: bytes) -> bytes:
        reply = self.once.pop(stage, None) or self.script.get(stage, usual)
        await say(writer, reply if reply in (SILENCE, CLOSE, RESET) else reply + b"\r\n")
        return reply

    def _ehlo(self) -> bytes:
        return "\r\n".join(
            ["250-peer", *(f"250-{offer}" for offer in self.offers), "250 HELP"]
        ).encode()
