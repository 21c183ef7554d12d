"""PostgreSQL stopped: a clear problem, not ready but alive; started again: all is well."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.local.folder import DataFolder
from deploy.local.home import open_home
from deploy.local.postgres import database_url as url_of
from deploy.local.postgres import make_cluster, make_database, postgres_part
from deploy.local.secret_file import Secrets
from deploy.local.supervisor import Supervisor
from models.migrate import upgrade

SECRETS = Secrets("superuser", "tidings", "")


class Server:
    """A PostgreSQL of this test's own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.url = url_of(port, SECRETS.database_password)
        self._folder = DataFolder(folder)
        self._home = open_home(self._folder)
        make_cluster(self._home, SECRETS.superuser_password)

    async def start(self) -> None:
        self._supervisor = Supervisor(self._folder.logs, print, lambda: None)
        await self._supervisor.start(postgres_part(self._home, self.port))

    async def stop(self) -> None:
        await self._supervisor.stop()


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="tidings-tests-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
async def server(folder: Path, free_tcp_port: int) -> AsyncIterator[Server]:
    server = Server(folder, free_tcp_port)
    await server.start()
    await make_database(server.port, SECRETS)
    await upgrade(server.url)
    yield server
    await server.stop()


async def asked(api, body) -> dict[str, tuple[int, str]]:
    answers = {
        "post": await api.send(body(), Idempotency_Key="order-1"),
        "batch": await api.batch([body()]),
        "get": await api.http.get("/v1/notifications/01890000-0000-7000-8000-000000000000"),
        "delete": await api.http.delete("/v1/notifications/01890000-0000-7000-8000-000000000000"),
        "ready": await api.http.get("/health/ready"),
        "live": await api.http.get("/health/live"),
    }
    return {
        name: (answer.status_code, answer.json().get("code") or answer.json().get("status", ""))
        for name, answer in answers.items()
    }


async def test_stopped_and_started_again(server, serve, body) -> None:
    up = {
        "post": (202, "accepted"),
        "batch": (202, ""),
        "get": (404, "not_found"),
        "delete": (404, "not_found"),
        "ready": (200, "ready"),
        "live": (200, "ok"),
    }
    away = (503, "database_unavailable")
    async with serve(server.url, 1) as api:
        assert (await asked(api, body))["post"] == up["post"]
        await api.database.close()

        await server.stop()

        detail = (await api.send(body())).json()["detail"]
        assert detail.endswith("nothing was accepted or changed")
        stopped = await asked(api, body)
        assert stopped == {
            **dict.fromkeys(("post", "batch", "get", "delete"), away),
            "ready": (503, "unavailable"),
            "live": (200, "ok"),
        }
        await server.start()
        assert await asked(api, body) == up


async def test_an_upload_under_way_keeps_what_was_stored(server, serve, until) -> None:
    rows = b"".join(b"person.%d@example.com\n" % n for n in range(60_000))
    stopped = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"to\n" + rows[:700_000]
        await stopped.wait()
        yield rows[700_000:]

    async with serve(server.url, 1) as api:
        made = await api.http.post("/v1/audiences", json={"channel": "email", "format": "csv"})
        path = f"/v1/audiences/{made.json()['id']}"

        async def stored() -> int:
            return (await api.http.get(path)).json()["offset"]

        upload = asyncio.create_task(api.http.put(f"{path}/content", content=body()))
        await until(stored)
        await api.database.close()
        await server.stop()
        stopped.set()
        answer = await upload
        await server.start()

        offset = await stored()
        headers = {"Upload-Offset": str(offset)}
        rest = (b"to\n" + rows)[offset:]
        again = await api.http.put(f"{path}/content", content=rest, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.headers["retry-after"]
    assert "what was stored is kept" in answer.json()["detail"]
    assert offset > 0
    assert (again.json()["state"], again.json()["rows"]) == ("complete", 60_000)
