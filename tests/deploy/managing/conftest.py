"""The command line on a fresh database, named by the environment as in production."""

import asyncio
import base64
import os
import sys
from collections.abc import Awaitable, Callable

import pytest

CLI = (sys.executable, "-P", "-m", "deploy.cli")
Tidings = Callable[..., Awaitable[tuple[int | None, str, str]]]


async def run(*arguments: str, input: str = "", **environment: str) -> tuple[int | None, str, str]:
    """Exit code, stdout and stderr of one command."""
    process = await asyncio.create_subprocess_exec(
        *(*CLI, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    out, err = await process.communicate(input.encode())
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
def run_tidings() -> Tidings:
    """Any command, in this environment."""
    return run


@pytest.fixture
def tidings(database_url: str) -> Tidings:
    keys = f"k1:{base64.b64encode(bytes(32)).decode()}"

    async def on_database(*arguments: str, input: str = "", **environment: str):
        own = {"TIDINGS_DATABASE_URL": database_url, "TIDINGS_SECRET_KEYS": keys}
        return await run(*arguments, input=input, **{**own, **environment})

    return on_database
