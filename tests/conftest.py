"""Real servers for every test that asks: one PostgreSQL and one Temporal for the whole session.

`database_url` gives each module a migrated database of its own; `stack` is everything at once, as
`tidings up` runs it, and shared: leave no faults or limits behind in it. Nothing starts before it
is asked for, and everything is gone after the last test.
"""

import asyncio
import itertools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from deploy.local.folder import DataFolder
from deploy.local.home import open_home
from deploy.local.part import Part
from deploy.local.ports import SPAN, Ports, is_free
from deploy.local.postgres import database_url as url_of
from deploy.local.postgres import make_cluster, make_database, postgres_part
from deploy.local.sandbox.journal import FILE
from deploy.local.secret_file import Secrets, read_secrets
from deploy.local.supervisor import Supervisor
from deploy.local.temporal import temporal_part

TEMPLATE = "tidings_template"
# A test's data need not survive the machine.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
}
_numbers = itertools.count(1)
# Those that take a quarter of a minute and more; some compute, and some mostly wait.
LONG = (
    "browser/test_every_page.py",
    "promises/test_looking_up.py",
    "promises/test_unknown.py",
    "docs/test_guides.py",
    "promises/test_campaign_sending.py",
    "browser/test_walk.py",
    "browser/test_every_template.py",
    "promises/test_campaign_life.py",
    "api/test_schemathesis.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, then those of many tests: no process is left alone with one at the end."""
    here = Path(__file__).parent
    rank = {here / name: place for place, name in enumerate(LONG)}
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (rank.get(item.path, len(LONG)), -tests[item.path], item.path))


def pytest_configure() -> None:
    """Started in the background, a shell has us ignore SIGINT, and our children inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class PostgresServer:
    """The session's PostgreSQL; our role may create databases in it."""

    port: int
    password: str

    def url(self, database: str = "tidings") -> str:
        return url_of(self.port, self.password, database)

    async def execute(self, statement: str) -> None:
        """Run one statement as our role, outside any transaction."""
        connection = await asyncpg.connect(self.url())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    # Not pytest's own folder: PostgreSQL, which as root runs as another user, could not enter it.
    folder = Path(tempfile.mkdtemp(prefix="tidings-tests-"))
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    yield folder
    shutil.rmtree(folder)


@asynccontextmanager
async def _serve(part: Part, logs: Path) -> AsyncIterator[None]:
    supervisor = Supervisor(logs, print, lambda: None)
    try:
        await supervisor.start(part)
        yield
    finally:
        await supervisor.stop()


@pytest.fixture(scope="session")
async def postgres_server(server_folder: Path) -> AsyncIterator[PostgresServer]:
    folder = DataFolder(server_folder)
    secrets = Secrets("superuser", "tidings", "")
    home = open_home(folder)
    make_cluster(home, secrets.superuser_password)
    port = free_port()
    async with _serve(postgres_part(home, port, FAST), folder.logs):
        await make_database(port, secrets)
        yield PostgresServer(port, secrets.database_password)


@pytest.fixture(scope="session")
async def template(postgres_server: PostgresServer) -> str:
    """A migrated database that others are copied from."""
    from models.migrate import upgrade

    await postgres_server.execute(f"CREATE DATABASE {TEMPLATE}")
    await upgrade(postgres_server.url(TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="module")
async def database_url(postgres_server: PostgresServer, template: str) -> AsyncIterator[str]:
    """A fresh migrated database: postgresql://user:password@host:port/database."""
    name = f"test_{next(_numbers)}"
    await postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield postgres_server.url(name)
    await _dropped(postgres_server, name)


async def _dropped(postgres_server: PostgresServer, name: str) -> None:
    """Autovacuum's worker, which only a superuser may end, is waited for."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")
            except asyncpg.InsufficientPrivilegeError:
                await asyncio.sleep(0.1)


@pytest.fixture(scope="session")
async def temporal_server(server_folder: Path) -> AsyncIterator[str]:
    """host:port of a Temporal with the flags and search attributes of the embedded stack."""
    port, ui_port, metrics_port = free_port(), free_port(), free_port()
    part = temporal_part(server_folder / "temporal", port, ui_port, metrics_port)
    async with _serve(part, server_folder / "logs"):
        yield f"127.0.0.1:{port}"


@pytest.fixture
def free_tcp_port() -> int:
    """A port nobody listens on."""
    return free_port()


@dataclass(frozen=True)
class RunningStack:
    """A whole stack; `key` is its demo application's, with every scope."""

    api: str
    key: str
    data: Path
    mailbox: str
    temporal_address: str
    database_url: str
    secret_keys: str

    @property
    def journal(self) -> Path:
        """The sandbox vendors' account, for `deploy.local.sandbox.journal.read`."""
        return DataFolder(self.data).sandbox / FILE


@pytest.fixture(scope="session")
def stack(server_folder: Path) -> Iterator[RunningStack]:
    """PostgreSQL, Temporal, sandbox vendors, API, workers and relay, from `tidings up --detach`."""
    data = server_folder / "stack"
    up = _tidings("up", "--data", str(data), "--port-base", str(free_base()), "--detach", "--json")
    facts = json.loads(up)
    try:
        yield RunningStack(
            api=facts["api"],
            key=facts["api_key"],
            data=data,
            mailbox=facts["mailbox"],
            temporal_address=facts["temporal_address"],
            database_url=facts["database_url"],
            secret_keys=read_secrets(DataFolder(data).secrets).secret_keys,
        )
    finally:
        _tidings("down", "--data", str(data))


def free_base() -> int:
    """A base whose ports are all free; below those that outgoing connections are given."""
    bases = random.sample(range(20_000, 32_000, SPAN), 100)
    return next(base for base in bases if all(map(is_free, Ports.from_base(base))))


def _tidings(*arguments: str) -> str:
    command = (sys.executable, "-P", "-m", "deploy.cli", *arguments)
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"tidings {arguments[0]}: {done.stderr}"
    return done.stdout
