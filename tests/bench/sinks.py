"""Vendors that cost next to nothing: each a process of its own, with a control port.

`python -c "from tests.bench.sinks import main; main()" smtp` serves on free ports, says which in
one line of JSON, and ends with its standard input.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psutil
import uvloop

from tests.bench.sink_books import Books, Control, Peer
from tests.bench.sink_http import HttpPeer
from tests.bench.sink_smtp import SmtpPeer

KINDS: dict[str, type[Peer]] = {"smtp": SmtpPeer, "http": HttpPeer}
SINK = [sys.executable, "-c", "from tests.bench.sinks import main; main()"]
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Sink:
    """A running sink: where it listens and how it is asked."""

    kind: str
    port: int
    control: str
    process: psutil.Process

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def books(self) -> dict[str, Any]:
        return await self._ask("GET", "books")

    async def until(
        self, holds: Callable[[dict[str, Any]], bool], seconds: float
    ) -> dict[str, Any]:
        """The books once that is true of them."""
        ends = time.monotonic() + seconds
        books = await self.books()
        while not holds(books):
            if time.monotonic() > ends:
                raise TimeoutError(f"after {seconds:g} s: {books}")
            await asyncio.sleep(0.25)
            books = await self.books()
        return books

    async def checksum(self) -> int:
        return int((await self._ask("GET", "checksum"))["checksum"])

    async def reset(self) -> None:
        await self._ask("POST", "reset")

    async def hang(self) -> None:
        """From now on, accept connections and answer nothing."""
        await self._ask("POST", "hang")

    async def answer(self) -> None:
        """End the hanging."""
        await self._ask("POST", "answer")

    async def _ask(self, method: str, what: str) -> dict[str, Any]:
        async with httpx.AsyncClient(verify=False, trust_env=False, timeout=30) as client:  # noqa: S501
            response = await client.request(method, f"{self.control}/{what}")
            response.raise_for_status()
            answer: dict[str, Any] = response.json()
            return answer

    def cpu(self) -> float:
        """CPU seconds so far."""
        times = self.process.cpu_times()
        return times.user + times.system


def rate(books: dict[str, Any]) -> float:
    """Messages a second from the first call's answer to the last one's."""
    since_first = books["messages"] - books["first_call"]
    return float(since_first / (books["last_at"] - books["first_at"]))


@contextmanager
def sink(kind: str) -> Iterator[Sink]:
    """Start one; it is stopped by its own pid."""
    child = subprocess.Popen([*SINK, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout
        said = json.loads(child.stdout.readline())
        control = f"http://{HOST}:{said['control']}"
        yield Sink(kind, said["port"], control, psutil.Process(child.pid))
    finally:
        child.terminate()
        child.wait(10)
        for pipe in (child.stdin, child.stdout):
            if pipe:
                pipe.close()


async def serve(kind: str) -> None:
    """Serve until the standard input ends: whoever started us is gone."""
    loop, books, stop = asyncio.get_running_loop(), Books(), asyncio.Event()
    peers = await loop.create_server(lambda: KINDS[kind](books), HOST, 0, backlog=1024)
    control = await loop.create_server(lambda: Control(books), HOST, 0)
    ports = [server.sockets[0].getsockname()[1] for server in (peers, control)]
    print(json.dumps({"port": ports[0], "control": ports[1]}), flush=True)
    loop.add_reader(sys.stdin.fileno(), stop.set)
    await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=KINDS)
    uvloop.run(serve(parser.parse_args().kind))
