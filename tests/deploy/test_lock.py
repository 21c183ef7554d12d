"""One stack per folder, and the second is told how to reach or stop the first."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.folder import DataFolder
from deploy.local.lock import Holder, hold, holder
from deploy.local.refusal import CannotRun

HOLDS = """
import sys, time
from pathlib import Path
from deploy.local.folder import DataFolder
from deploy.local.lock import hold
with hold(DataFolder(Path(sys.argv[1])), 9400):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_stack_is_told_how_to_reach_and_stop_the_first(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as first:
        assert first.stdout.readline() == b"held\n"
        assert holder(folder) == Holder(first.pid, 9400)
        with pytest.raises(CannotRun) as refused, hold(folder, 8400):
            pass
        first.kill()
    for fact in (f"pid {first.pid}", "http://127.0.0.1:9400", f"tidings down --data {tmp_path}"):
        assert fact in str(refused.value)


def test_the_lock_ends_with_its_holder_even_if_that_was_killed(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as first:
        first.stdout.readline()
        first.kill()
    assert holder(folder) is None
    with hold(folder, 8400):
        assert folder.lock.read_text()
