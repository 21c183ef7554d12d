"""Tiny parts: real processes that live, die and refuse to, in a few milliseconds.

And commands: in this process, unless it is the process that is tested.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from deploy import cli
from deploy.local.part import Part
from deploy.local.ports import SPAN, Ports, is_free
from deploy.local.supervisor import Supervisor

TinyPart = Callable[..., Part]
Until = Callable[[Callable[[], object]], object]


class Ran(NamedTuple):
    """A command that has ended."""

    code: int | None
    out: str
    err: str


@pytest.fixture
def in_process() -> Callable[..., Ran]:
    """Run a command in this process, one at a time; none that sets up logs or signals."""

    def run(*words: object, input: str = "", **environment: str) -> Ran:
        with CliRunner().isolation(input, environment) as (out, err, _):
            code = cli.run([str(word) for word in words])
            sys.stdout.flush()
            sys.stderr.flush()
            return Ran(code, out.getvalue().decode(), err.getvalue().decode())

    return run


@pytest.fixture
def in_thread(in_process: Callable[..., Ran]) -> Callable[..., Awaitable[Ran]]:
    """The same in a thread: this one's loop is free for servers that the command calls."""

    async def run(*words: object, input: str = "", **environment: str) -> Ran:
        return await asyncio.to_thread(in_process, *words, input=input, **environment)

    return run


@pytest.fixture
def as_process() -> Callable[..., Awaitable[Ran]]:
    """Run a command as people do, which costs the start of a Python."""

    async def run(*words: object, input: str = "", **environment: str) -> Ran:
        started = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "deploy.cli", *map(str, words)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **environment},
        )
        out, err = await started.communicate(input.encode())
        return Ran(started.returncode, out.decode(), err.decode())

    return run


@pytest.fixture
def tiny() -> TinyPart:
    """A part that runs a few lines of Python; it is ready when it says so."""

    def make(name: str, code: str, **fields: object) -> Part:
        command = (sys.executable, "-S", "-E", "-u", "-c", code)
        return Part(name, command, **{"ready_line": "ready", **fields})  # type: ignore[arg-type]

    return make


@pytest.fixture
def said() -> list[str]:
    """What the supervisor told a person."""
    return []


@pytest.fixture
async def supervisor(tmp_path: Path, said: list[str]) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(tmp_path / "logs", said.append, lambda: None)
    yield supervisor
    supervisor.hurry()
    await supervisor.stop()


@pytest.fixture
def until() -> Callable[..., object]:
    """Wait for a condition, ten seconds at most."""

    async def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def free_base() -> int:
    """A base whose ports are all free, below those the system hands out by itself."""
    bases = range(20000, 30000, SPAN)
    return next(base for base in bases if all(map(is_free, Ports.from_base(base))))
