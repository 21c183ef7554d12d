"""What a killed stack leaves behind is found by pid and birth, never by pid alone."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.processes import birth, is_alive
from deploy.local.state import PartState, StackState, read_state, stop_leftovers, write_state


@pytest.fixture
def left():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def _state(pid: int, born: str) -> StackState:
    part = PartState("api", "ready", pid, born, 0.0, 0, "", signal.SIGTERM)
    return StackState("ready", 1, 8400, [part])


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    written = _state(7, "then")
    write_state(tmp_path / "state.json", written)
    assert read_state(tmp_path / "state.json") == written
    assert read_state(tmp_path / "nothing.json") is None


def test_a_leftover_is_stopped(left) -> None:
    born = birth(left.pid)
    assert stop_leftovers(_state(left.pid, born)) == ["api"]
    assert not is_alive(left.pid, born)


def test_a_process_that_only_has_the_same_pid_is_left_alone(left) -> None:
    assert stop_leftovers(_state(left.pid, "another time")) == []
    assert left.poll() is None
