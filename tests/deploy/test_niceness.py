"""Bulk leaves the processor to what is urgent, also where Linux shares between sessions first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

AUTOGROUP = Path("/proc/self/autogroup")
PROGRAM = """
import os
from pathlib import Path
from deploy.niceness import leave_the_processor
group = Path("/proc/self/autogroup")
before = group.read_text()
leave_the_processor(7)
print(os.nice(0), before.strip(), group.read_text().strip(), sep="\\n")
"""
POLICY = """
import os
import threading
from deploy.niceness import leave_the_processor
leave_the_processor({nice})
policies = [os.sched_getscheduler(0)]
thread = threading.Thread(target=lambda: policies.append(os.sched_getscheduler(0)))
thread.start()
thread.join()
print([policy == os.SCHED_BATCH for policy in policies])
"""
needs_autogroups = pytest.mark.skipif(
    not AUTOGROUP.exists(), reason="only Linux with autogroups has a group's nice value"
)


def niceness(start_new_session: bool) -> list[str]:
    """The process's own, then its group's before and after: nothing where it is in no group."""
    command = [sys.executable, "-P", "-c", PROGRAM]
    said = subprocess.check_output(command, text=True, start_new_session=start_new_session)
    return said.split("\n")[:3]


@needs_autogroups
def test_a_session_of_its_own_is_nicer_as_a_group() -> None:
    own, before, after = niceness(start_new_session=True)
    assert own == "7"
    assert before.endswith(" nice 0")
    assert after.endswith(" nice 7")


@needs_autogroups
def test_what_else_runs_in_a_session_keeps_its_share() -> None:
    own, before, after = niceness(start_new_session=False)
    assert (own, after) == ("7", before)


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="only Linux has batch work")
@pytest.mark.parametrize(("nice", "batch"), [(7, True), (0, False)], ids=["nice", "not"])
def test_it_and_its_threads_wake_without_pushing_anybody_aside(nice: int, batch: bool) -> None:
    command = [sys.executable, "-P", "-c", POLICY.format(nice=nice)]
    assert subprocess.check_output(command, text=True).strip() == str([batch, batch])
