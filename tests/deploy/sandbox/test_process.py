import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest_asyncio

from deploy.local.sandbox.journal import read
from deploy.local.sandbox.server import running

ROOT = Path(__file__).resolve().parents[3]
Start = Callable[..., Awaitable[tuple[asyncio.subprocess.Process, dict[str, int]]]]


@pytest_asyncio.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts `python -m deploy.local.sandbox` on this test's data; whatever is left is killed."""
    started = []

    async def start(*more: str) -> tuple[asyncio.subprocess.Process, dict[str, int]]:
        module = (sys.executable, "-m", "deploy.local.sandbox", "--data", str(tmp_path), *more)
        process = await asyncio.create_subprocess_exec(
            *module, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        started.append(process)
        assert process.stdout
        line = await process.stdout.readline()
        return process, json.loads(line) if line else {}

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_every_answered_message_survives_kill_9(start: Start, tmp_path: Path) -> None:
    process, ports = await start()
    answered: set[str] = set()

    async def send(session: aiohttp.ClientSession, sender: int) -> None:
        for i in range(10_000):
            body = {"chat_id": sender, "text": f"{sender}.{i}"}
            async with session.post("/bot1:x/sendMessage", json=body) as response:
                if response.status == 200:
                    answered.add(body["text"])
                    if len(answered) == 200:
                        process.kill()

    async with aiohttp.ClientSession(f"http://127.0.0.1:{ports['http_port']}") as session:
        senders = (send(session, sender) for sender in range(1, 17))
        ends = await asyncio.gather(*senders, return_exceptions=True)
    assert all(isinstance(end, aiohttp.ClientError) for end in ends)
    await process.wait()

    written = [effect.text for effect in read(tmp_path / "journal.ndjson")]
    assert answered <= set(written)
    assert len(written) == len(set(written)) <= len(answered) + len(ends)

    _, ports = await start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{ports['http_port']}") as session:
        body = {"chat_id": 1, "text": "again"}
        async with session.post("/bot1:x/sendMessage", json=body) as response:
            number = (await response.json())["result"]["message_id"]
    effects = list(read(tmp_path / "journal.ndjson"))
    assert [effect.n for effect in effects] == list(range(1, len(written) + 2))
    assert number == 1 + sum(1 for text in written if text.startswith("1."))


async def test_sigterm_ends_it_though_senders_are_held(start: Start) -> None:
    process, ports = await start()
    url = f"http://127.0.0.1:{ports['http_port']}"
    async with aiohttp.ClientSession(url) as session:
        rule = {"vendor": "telegram", "fault": "silence_after"}
        async with session.post("/_sandbox/faults", json=rule):
            pass
        body = {"chat_id": 1, "text": "x"}
        held = asyncio.create_task(session.post("/bot1:x/sendMessage", json=body))
        while True:
            async with session.get("/_sandbox/stats") as response:
                if (await response.json())["effects"]["total"] == 1:
                    break
        with socket.create_connection(("127.0.0.1", ports["smtp_port"])):
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(5):  # the silence is a minute
                assert await process.wait() == 0
        assert isinstance(
            (await asyncio.gather(held, return_exceptions=True))[0], aiohttp.ClientError
        )


async def test_a_second_sandbox_on_the_same_data_says_so(start: Start, tmp_path: Path) -> None:
    async with running(tmp_path):
        second, ports = await start()
    assert second.stderr
    assert b"another sandbox is using" in await second.stderr.read()
    assert (await second.wait(), ports) == (1, {})


async def test_a_taken_port_is_named(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process, _ = await start("--http-port", str(taken.getsockname()[1]))
        assert process.stderr
        assert b"cannot start" in await process.stderr.read()
        assert await process.wait() == 1
