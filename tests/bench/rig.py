"""What is measured and how: a stack of its own, the bare pair beside it, and the vendor's journal.

Times are from before the request is written to when the sandbox vendor had it on disk.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from httpx_aiohttp import HttpxAiohttpClient

from deploy.local.ports import SPAN

PORTS = 19700
OWN_API, BARE_API = PORTS + SPAN, PORTS + SPAN + 1
NEVER_SHARE = "1000000000"
TIDINGS = [sys.executable, "-P", "-m", "deploy.cli"]
# Not `-m`: a workflow cannot be loaded from `__main__`.
BARE = [sys.executable, "-c", "from tests.bench.bare import main; main()"]


@dataclass
class Started:
    """What runs: what `tidings up --json` said, the vendor's journal, the processes by name."""

    facts: dict[str, Any]
    journal: Path
    processes: dict[str, list[psutil.Process]]


@dataclass
class Rig:
    """The running processes, by name, and how to reach them."""

    api: str
    own_api: str
    bare_api: str
    journal: "Journal"
    processes: dict[str, list[psutil.Process]]
    client: httpx.AsyncClient
    facts: dict[str, Any]
    numbers: int = 0

    def address(self) -> str:
        """A number nobody else has: by it a message is found in the journal."""
        self.numbers += 1
        return f"+4915{self.numbers:09d}"

    def body(self, to: str) -> dict[str, Any]:
        return {"to": {"sms": to}, "template": "welcome", "data": {"name": "Ada"}}

    async def send(self, url: str, to: str) -> None:
        bare = url == self.bare_api
        response = await self.client.post(
            url if bare else f"{url}/v1/notifications", json={"to": to} if bare else self.body(to)
        )
        assert response.status_code == 202, response.text

    async def quiet(self) -> None:
        """Until the machine has nothing left to do for us."""
        while True:
            before = self.cpu()
            await asyncio.sleep(1)
            if sum(self.cpu().values()) - sum(before.values()) < 0.25:
                return

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far, by process."""
        parts = {process.pid for processes in self.processes.values() for process in processes}
        return {
            name: sum(_seconds(process, parts) for process in processes)
            for name, processes in self.processes.items()
        }


def _seconds(process: psutil.Process, parts: set[int]) -> float:
    """With the children that have ended, and those that are no part of their own.

    PostgreSQL's serve its connections; those of `up` are the other parts.
    """
    try:
        times, children = process.cpu_times(), process.children()
    except psutil.NoSuchProcess:  # a child that has just ended: its parent has its time
        if process.pid in parts:
            raise
        return 0.0
    own = times.user + times.system + times.children_user + times.children_system
    others = [child for child in children if child.pid not in parts]
    return own + sum(_seconds(child, parts) for child in others)


@dataclass
class Journal:
    """The sandbox's journal, followed: when each address got its message."""

    path: Path
    at: dict[str, float] = field(default_factory=dict)
    waiting: dict[str, asyncio.Future[None]] = field(default_factory=dict)
    _offset: int = 0

    def follow(self) -> None:
        """Read what has come since."""
        with self.path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if line.endswith(b"\n"):
                    effect = json.loads(line)
                    self.at.setdefault(effect["to"], effect["at"])
                    self._offset += len(line)

    async def keep_following(self) -> None:
        """Wake who waits for an arrival, until cancelled."""
        while True:
            self.follow()
            for to in [to for to in self.waiting if to in self.at]:
                self.waiting.pop(to).set_result(None)
            await asyncio.sleep(0.02)

    async def arrival(self, to: str) -> None:
        """Wait for this address; somebody must keep following."""
        if to not in self.at:
            self.waiting[to] = asyncio.get_running_loop().create_future()
            await self.waiting[to]

    async def all_of(self, addresses: list[str], seconds: float = 120) -> None:
        """Wait until each has got its message."""
        async with asyncio.timeout(seconds):
            while not all(to in self.at for to in addresses):
                await asyncio.sleep(0.01)
                self.follow()


@contextmanager
def processes() -> Iterator[Started]:
    """A stack, an API that never shares and the bare pair; all stopped by their own pids."""
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)  # PostgreSQL, started by root, runs as somebody else
        data = Path(folder) / "data"
        up = [*TIDINGS, "up", "--data", str(data), "--port-base", str(PORTS), "--detach", "--json"]
        facts = json.loads(subprocess.check_output(up, stderr=subprocess.DEVNULL))
        down = [*TIDINGS, "down", "--data", str(data)]
        stack.callback(subprocess.run, down, check=True, stdout=subprocess.DEVNULL)
        own = stack.enter_context(_child([*TIDINGS, "api"], _environment(facts, data)))
        temporal = ["--temporal", facts["temporal_address"]]
        vendor = f"{facts['mailbox']}/2010-04-01/Accounts/AC1/Messages.json"
        api = [*BARE, "api", *temporal, "--vendor", vendor, "--port", str(BARE_API)]
        pair = [stack.enter_context(_child(c)) for c in (api, [*BARE, "worker", *temporal])]
        named = {name: [psutil.Process(pid)] for name, pid in facts["pids"].items()}
        named["api"].append(psutil.Process(own.pid))
        named["bare"] = [psutil.Process(child.pid) for child in pair]
        yield Started(facts, data / "sandbox" / "journal.ndjson", named)


@contextmanager
def _child(
    command: list[str], environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(20)


def _environment(facts: dict[str, Any], data: Path) -> dict[str, str]:
    secrets = json.loads((data / "secrets.json").read_text())
    return {
        **os.environ,
        "TIDINGS_DATABASE_URL": facts["database_url"],
        "TIDINGS_TEMPORAL_ADDRESS": facts["temporal_address"],
        "TIDINGS_SECRET_KEYS": secrets["secret_keys"],
        "TIDINGS_API_PORT": str(OWN_API),
        "TIDINGS_SHARE_ABOVE": NEVER_SHARE,
    }


@asynccontextmanager
async def rig(started: Started) -> AsyncIterator[Rig]:
    """The running processes with a client, once all of them answer."""
    async with HttpxAiohttpClient(
        timeout=60,
        headers={"Authorization": f"Bearer {started.facts['api_key']}"},
        limits=httpx.Limits(max_connections=600),
    ) as client:
        running = Rig(
            api=started.facts["api"],
            own_api=f"http://127.0.0.1:{OWN_API}",
            bare_api=f"http://127.0.0.1:{BARE_API}/",
            journal=Journal(started.journal),
            processes=started.processes,
            client=client,
            facts=started.facts,
        )
        await _answers(client, running.own_api + "/health/live")
        await _answers(client, running.bare_api)
        yield running


async def _answers(client: httpx.AsyncClient, url: str) -> None:
    for _ in range(200):
        try:
            await client.get(url)
        except httpx.TransportError:
            await asyncio.sleep(0.1)
        else:
            return
    raise TimeoutError(url)


def now() -> float:
    """The clock that the journal uses."""
    return time.time()
