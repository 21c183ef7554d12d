"""A stack from its first step to its end: signals, failures, and what is written down of it."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from deploy.local.folder import DataFolder
from deploy.local.refusal import PartFailed
from deploy.local.runner import run_stack
from deploy.local.stack import Step
from deploy.local.state import StackState, read_state

LIVES = "import time; print('ready'); time.sleep(60)"
REFUSES_TO_END = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready');"
    " time.sleep(60)"
)


def _run(folder: DataFolder, part, said: list[str], shown: list[StackState]):
    steps = [Step("everything", lambda supervisor: supervisor.start(part))]
    return asyncio.create_task(run_stack(folder, 8400, steps, said.append, shown.append))


async def test_a_signal_stops_all_and_the_state_file_tells(tmp_path, tiny, said, until) -> None:
    folder, shown = DataFolder(tmp_path), []
    running = _run(folder, tiny("api", LIVES), said, shown)
    await until(lambda: shown)
    ready = read_state(folder.state)

    os.kill(os.getpid(), signal.SIGTERM)
    await running

    assert ready == shown[0]
    assert ready.said == said[:1]  # what a detached start tells is what an attached one says
    assert ready.said[0].startswith("everything: ready after ")
    assert (ready.phase, ready.port_base, ready.parts[0].phase) == ("ready", 8400, "ready")
    stopped = read_state(folder.state)
    assert (stopped.phase, stopped.parts[0].phase, stopped.error) == ("stopped", "stopped", "")


async def test_a_second_signal_hurries(tmp_path: Path, tiny, said, until) -> None:
    shown: list[StackState] = []
    part = tiny("stubborn", REFUSES_TO_END, stop_within_seconds=60)
    running = _run(DataFolder(tmp_path), part, said, shown)
    await until(lambda: shown)

    os.kill(os.getpid(), signal.SIGINT)
    await until(lambda: "stopping; once more to hurry" in said)
    os.kill(os.getpid(), signal.SIGINT)

    async with asyncio.timeout(5):
        await running


async def test_a_stack_that_cannot_go_on_says_why_and_stops(tmp_path: Path, tiny, said) -> None:
    folder = DataFolder(tmp_path)
    part = tiny(
        "api", "print('ready'); raise SystemExit('no such table')", first_pause_seconds=0.01
    )

    with pytest.raises(PartFailed, match="api died"):
        await _run(folder, part, said, [])

    state = read_state(folder.state)
    assert state.phase == "stopped"
    assert state.error.startswith("api died (exit 1) for the 6th time")
    assert state.tail == ["ready", "no such table"]


async def test_a_step_that_fails_stops_what_the_steps_before_it_started(
    tmp_path: Path, tiny, said
) -> None:
    async def fails(_: object) -> None:
        raise PartFailed("migrate failed (exit 1)")

    steps = [Step("one", lambda up: up.start(tiny("api", LIVES))), Step("two", fails)]
    folder = DataFolder(tmp_path)

    with pytest.raises(PartFailed, match="migrate failed"):
        await run_stack(folder, 8400, steps, said.append, lambda _: None)

    assert read_state(folder.state).parts[0].phase == "stopped"
    assert "stopping: migrate failed (exit 1)" in said
