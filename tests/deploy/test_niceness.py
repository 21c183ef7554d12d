"""Bulk leaves the processor to what is urgent, also where Linux shares between sessions first."""

import subprocess
import sys
from pathlib import Path

import pytest

AUTOGROUP = Path("/proc/self/autogroup")
PROGRAM = """
import os
from pathlib import Path
from deploy.niceness import leave_the_processor
leave_the_processor(7)
print(os.nice(0))
print(Path("/proc/self/autogroup").read_text())
"""
needs_autogroups = pytest.mark.skipif(
    not AUTOGROUP.exists(), reason="only Linux with autogroups has a group's nice value"
)


def niceness(start_new_session: bool) -> tuple[str, str]:
    """The process's own and its group's, as it sees them."""
    command = [sys.executable, "-P", "-c", PROGRAM]
    said = subprocess.check_output(command, text=True, start_new_session=start_new_session)
    own, group = said.split("\n", 1)
    return own, group.split("nice ")[1].strip()


@needs_autogroups
def test_a_session_of_its_own_is_nicer_as_a_group() -> None:
    assert niceness(start_new_session=True) == ("7", "7")


@needs_autogroups
def test_what_else_runs_in_a_session_keeps_its_share() -> None:
    before = AUTOGROUP.read_text()
    own, group = niceness(start_new_session=False)
    assert own == "7"
    assert f"nice {group}" in before
