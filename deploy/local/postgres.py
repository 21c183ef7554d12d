"""PostgreSQL as a part of the stack: its cluster, its server, its one role and database.

The cluster is made under another name and renamed when whole, so a kill in between costs nothing.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.local.account import identity
from deploy.local.home import Home
from deploy.local.part import Part
from deploy.local.ports import HOST
from deploy.local.processes import birth, command_of, end
from deploy.local.refusal import CannotRun
from deploy.local.secret_file import Secrets

SUPERUSER = "postgres"
ROLE = DATABASE = "tidings"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "fsync": "on",
    "synchronous_commit": "on",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


def database_url(port: int, password: str, database: str = DATABASE) -> str:
    """The address our processes connect to."""
    return f"postgresql://{ROLE}:{password}@{HOST}:{port}/{database}"


def make_cluster(home: Home, superuser_password: str) -> None:
    """Make the cluster unless it is there; CannotRun with initdb's own words if that fails."""
    if home.cluster.exists():
        return
    unfinished = home.path / "cluster.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    password_file = home.path / "password"
    try:
        _write_password(password_file, superuser_password, home)
        _initdb(home, unfinished, password_file)
    finally:
        password_file.unlink(missing_ok=True)
    unfinished.rename(home.cluster)


def free_stale_pid(home: Home) -> None:
    """Clear the way after a kill: PostgreSQL trusts its pid file if any process has that pid now.

    A server that was left over is stopped; a pid that is something else's by now is forgotten. A
    dead one PostgreSQL handles itself.
    """
    pid_file = home.cluster / "postmaster.pid"
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text().split("\n", 1)[0])
    command = command_of(pid)
    if str(home.cluster) in command:
        end(pid, birth(pid), signal.SIGINT)
    elif command:
        pid_file.unlink()


def postgres_part(home: Home, port: int, settings: Mapping[str, str] | None = None) -> Part:
    """The server; `settings` go over ours."""
    chosen = {**SETTINGS, **(settings or {}), "port": str(port)}
    return Part(
        name="postgres",
        command=(
            str(home.programs / "postgres"),
            *("-D", str(home.cluster)),
            *(word for name, value in chosen.items() for word in ("-c", f"{name}={value}")),
        ),
        environment={"LC_ALL": "C"},
        url=f"postgresql://{HOST}:{port}",
        ready_within_seconds=300,  # it may have two gigabytes of log to replay
        account=home.account,
        stop_signal=signal.SIGINT,  # "fast": roll back, write a checkpoint, end
        stop_within_seconds=10,
        abort_signal=signal.SIGQUIT,  # "immediate": its own children end too; recovers at the start
    )


async def make_database(port: int, secrets: Secrets) -> None:
    """Make our role and our database unless they are there."""
    import asyncpg  # most commands only want the URL

    connection = await asyncpg.connect(
        host=HOST,
        port=port,
        user=SUPERUSER,
        password=secrets.superuser_password,
        database=SUPERUSER,
    )
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", ROLE):
            await connection.execute(
                f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{secrets.database_password}'"
            )
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
    finally:
        await connection.close()


def _write_password(path: Path, password: str, home: Home) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    if home.account:
        os.chown(path, home.account.uid, home.account.gid)
    path.write_text(password)


def _initdb(home: Home, cluster: Path, password_file: Path) -> None:
    done = subprocess.run(
        [
            home.programs / "initdb",
            f"--pgdata={cluster}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        ],
        cwd="/",
        env={"LC_ALL": "C", "PATH": os.defpath},
        capture_output=True,
        text=True,
        **identity(home.account),
    )
    if done.returncode:
        reason = " ".join(done.stderr.split())
        raise CannotRun(f"PostgreSQL could not make its cluster in {home.path}: {reason}")
