"""What a sink has been given, and how it is asked: the books and their control port.

`GET /books` is cheap and may be polled; `GET /checksum` reads every address there is.
"""

import asyncio
import json
import time
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

LAST_64 = (1 << 64) - 1


def checksum(addresses: Iterable[bytes]) -> int:
    """Of a set of addresses, whatever their order."""
    return sum(zlib.crc32(address) * len(address) for address in addresses) & LAST_64


@dataclass
class Books:
    """Every recipient address and how often it got a message; times are unix seconds."""

    seen: Counter[bytes] = field(default_factory=Counter)
    messages: int = 0
    first_call: int = 0  # messages of the first call
    size: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    hanging: bool = False
    peers: set["Peer"] = field(default_factory=set)

    def add(self, addresses: list[bytes], size: int) -> None:
        """A call's messages were taken; `size` is that of their bodies together."""
        self.last_at = time.time()
        if not self.messages:
            self.first_at = self.last_at
            self.first_call = len(addresses)
        self.messages += len(addresses)
        self.size += size
        self.seen.update(addresses)

    def view(self) -> dict[str, Any]:
        return {
            "messages": self.messages,
            "distinct": len(self.seen),
            "duplicates": self.messages - len(self.seen),
            "bytes": self.size,
            "first_at": self.first_at,
            "first_call": self.first_call,
            "last_at": self.last_at,
            "hanging": self.hanging,
            "connections": len(self.peers),
            "unanswered": sum(peer.unanswered for peer in self.peers),
        }

    def reset(self) -> None:
        self.seen.clear()
        self.messages = self.first_call = self.size = 0
        self.first_at = self.last_at = 0.0

    def answer(self) -> None:
        """No longer hang; who was left without an answer has to connect anew."""
        self.hanging = False
        for peer in [peer for peer in self.peers if peer.unanswered]:
            peer.transport.abort()


class Peer(asyncio.Protocol):
    """A client's connection. While the sink hangs, it is accepted and nothing is answered."""

    transport: asyncio.Transport

    def __init__(self, books: Books) -> None:
        self.books = books
        self.unanswered = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.books.peers.add(self)
        self.unanswered = self.books.hanging
        if not self.unanswered:
            self.greet()

    def connection_lost(self, exc: Exception | None) -> None:
        self.books.peers.discard(self)

    def data_received(self, data: bytes) -> None:
        if self.books.hanging:
            self.unanswered = True
        else:
            self.take(data)

    def greet(self) -> None:
        """Say what the protocol wants said first."""

    def take(self, data: bytes) -> None:
        """Read on, and answer what is whole."""
        raise NotImplementedError


class Control(asyncio.Protocol):
    """One small request after the other, each in one piece."""

    transport: asyncio.Transport

    def __init__(self, books: Books) -> None:
        self.books = books

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        answer = self._answer(*data.split(b" ", 2)[:2])
        status = "404 Not Found" if answer is None else "200 OK"
        body = json.dumps(answer)
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
        self.transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())

    def _answer(self, method: bytes, path: bytes) -> dict[str, Any] | None:
        match method, path:
            case b"GET", b"/checksum":
                return {"checksum": checksum(self.books.seen)}
            case b"POST", b"/reset":
                self.books.reset()
            case b"POST", b"/hang":
                self.books.hanging = True
            case b"POST", b"/answer":
                self.books.answer()
            case b"GET", b"/books":
                pass
            case _:
                return None
        return self.books.view()
