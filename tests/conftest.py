"""Real servers for every test that asks: one PostgreSQL and one Temporal for the whole session.

`database_url` gives each module a migrated database of its own; nothing starts before it is asked
for, and everything is gone after the last test.
"""

import itertools
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from deploy.local.folder import DataFolder
from deploy.local.home import open_home
from deploy.local.part import Part
from deploy.local.postgres import database_url as url_of
from deploy.local.postgres import make_cluster, make_database, postgres_part
from deploy.local.secret_file import Secrets
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
    await postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


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
