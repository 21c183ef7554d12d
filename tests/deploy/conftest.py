"""Tiny parts: real processes that live, die and refuse to, in a few milliseconds."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from deploy.local.part import Part
from deploy.local.ports import SPAN, Ports, is_free
from deploy.local.supervisor import Supervisor

TinyPart = Callable[..., Part]
Until = Callable[[Callable[[], object]], object]


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
