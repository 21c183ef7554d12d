"""Uploads over real sockets: cut off anywhere, dribbled, and with their parser killed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import psutil
import pytest
from api_in_process import Api
from listening_api import app_of, listening
from raw_peers import reset

LINE = b"p%07d@example.com,Ada\n"
HEADER = b"to,name\n"


@dataclass(frozen=True)
class Wire:
    """The API behind a port, and a new audience in it."""

    api: Api
    port: int
    path: str

    async def begin(self, length: int, offset: int = 0, more: str = "") -> asyncio.StreamWriter:
        """The head of an upload."""
        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = (
            f"PUT {self.path}/content HTTP/1.1\r\nHost: api\r\nContent-Length: {length}\r\n"
            f"Authorization: {self.api.http.headers['Authorization']}\r\n"
            f"Upload-Offset: {offset}\r\n{more}\r\n"
        )
        writer.write(head.encode())
        return writer

    async def view(self) -> dict[str, Any]:
        return (await self.api.http.get(self.path)).json()

    async def go_on(self, content: bytes) -> dict[str, Any]:
        """From what is stored; asked again while the end of the connection is not known."""
        while True:
            offset = (await self.view())["offset"]
            answer = await self.api.http.put(
                f"{self.path}/content",
                content=content[offset:],
                headers={"Upload-Offset": str(offset)},
            )
            if answer.status_code != 409:
                return answer.json()


@pytest.fixture
async def wire(api: Api) -> AsyncIterator[Wire]:
    made = await api.http.post("/v1/audiences", json={"channel": "email", "format": "csv"})
    async with listening(app_of(api)) as port:
        yield Wire(api, port, f"/v1/audiences/{made.json()['id']}")


@pytest.mark.parametrize("how", ["closed", "reset"])
async def test_what_came_before_the_cut_is_kept_and_the_rest_goes_on(wire: Wire, how: str) -> None:
    content = HEADER + b"".join(LINE % n for n in range(40_000))
    cut = len(content) - 12
    writer = await wire.begin(len(content) + 1000)
    writer.write(content[:cut])
    await writer.drain()
    if how == "reset":
        while not (await wire.view())["rows"]:
            pass
        reset(writer)
    else:
        writer.close()

    found = await wire.go_on(content)

    assert (found["state"], found["rows"], found["refused"]) == ("complete", 40_000, 0)
    assert (found["lines"], found["offset"]) == (40_001, len(content))


async def test_an_upload_that_is_dribbled_is_kept_whole_lines_only(wire: Wire) -> None:
    content = HEADER + b"".join(LINE % n for n in range(20))
    writer = await wire.begin(1000)
    for n in range(len(content) - 3):
        writer.write(content[n : n + 1])
        await writer.drain()
    writer.close()

    found = await wire.go_on(content[:-9] + b"\n")

    assert (found["state"], found["rows"], found["refused"]) == ("complete", 19, 1)
    assert (await wire.view())["offset"] == len(content) - 8


async def test_a_killed_parser_is_started_again_unseen(wire: Wire) -> None:
    content = HEADER + b"".join(LINE % n for n in range(10))
    await wire.api.http.put(f"{wire.path}/content", content=content[:100])
    parsers = [
        child
        for child in psutil.Process().children()
        if any("spawn_main" in word for word in child.cmdline())
    ]
    assert len(parsers) == 1
    os.kill(parsers[0].pid, signal.SIGKILL)
    made = await wire.api.http.post("/v1/audiences", json={"channel": "email", "format": "csv"})

    answer = await wire.api.http.put(f"/v1/audiences/{made.json()['id']}/content", content=content)

    assert answer.json()["rows"] == 10


async def test_whoever_asks_first_is_told_before_a_body_is_sent(wire: Wire) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    writer.write(
        f"PUT {wire.path}/content HTTP/1.1\r\nHost: api\r\nContent-Length: 1000\r\n"
        "Expect: 100-continue\r\n\r\n".encode()
    )

    assert (await reader.readline()).startswith(b"HTTP/1.1 401")
    writer.close()
