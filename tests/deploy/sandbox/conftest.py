"""A sandbox of its own for each test, and a client that sees what is on the wire."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from deploy.local.sandbox.server import Running, running

RESET = b"(reset)"
SILENCE = b"(silence)"


@pytest_asyncio.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path / "sandbox") as server:
        yield server


@pytest_asyncio.fixture
async def http(sandbox: Running) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(sandbox.http_url) as session:
        yield session


@pytest.fixture
def order(http: aiohttp.ClientSession) -> Callable[..., Awaitable[int]]:
    """Puts a fault in force; gives back its id."""

    async def order(vendor: str, fault: str, **more: object) -> int:
        body = {"vendor": vendor, "fault": fault, **more}
        async with http.post("/_sandbox/faults", json=body) as response:
            assert response.status == 201, await response.text()
            return int((await response.json())["id"])

    return order


async def heard(reader: asyncio.StreamReader, patience_seconds: float) -> bytes:
    """All bytes until the server closes, RESET, or SILENCE if it says nothing at all."""
    said = b""
    try:
        async with asyncio.timeout(patience_seconds):
            while part := await reader.read(65536):
                said += part
    except ConnectionResetError:
        return RESET
    except TimeoutError:
        return said or SILENCE
    return said


@pytest.fixture
def wire() -> Callable[..., Awaitable[bytes]]:
    """Sends bytes to a port and gives back what is heard."""

    async def exchange(port: int, request: bytes, patience_seconds: float = 10) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request)
            return await heard(reader, patience_seconds)
        finally:
            writer.close()

    return exchange
