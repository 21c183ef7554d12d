"""What the system knows about a process.

A pid alone names nothing: it is used again. Every pid we write down goes with its birth.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def birth(pid: int) -> str:
    """A mark that no later process with this pid shares; empty if none is alive."""
    if sys.platform == "linux":
        return _birth_on_linux(pid)
    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def is_alive(pid: int, born: str) -> bool:
    """Whether the process that was born then still runs."""
    return bool(born) and birth(pid) == born


def command_of(pid: int) -> str:
    """The command line a process was started with; empty if none is alive."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            return ""
    command = ["/bin/ps", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True).stdout


def end(pid: int, born: str, gently: signal.Signals, within_seconds: float = 5) -> None:
    """Stop a process that is not our child: `gently` first, then for certain."""
    for how in (gently, signal.SIGKILL):
        if not is_alive(pid, born):
            return
        os.kill(pid, how)
        deadline = time.monotonic() + within_seconds
        while is_alive(pid, born) and time.monotonic() < deadline:
            time.sleep(0.02)


def die_with_parent(how: signal.Signals) -> Callable[[], None] | None:
    """What a child calls before it becomes its program, so that our kill -9 ends it too.

    None where the system has nothing of the kind: there the next `up` stops what was left over.
    The kernel ties it to the thread that starts the child, so start children on the main thread.
    """
    if sys.platform != "linux":
        return None
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork: after it only the call is safe

    def arm() -> None:
        prctl(PR_SET_PDEATHSIG, int(how), 0, 0, 0)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return arm


def _birth_on_linux(pid: int) -> str:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    # proc(5): counted behind the name, the state comes first and the start time twentieth.
    return "" if fields[0] == "Z" else fields[19]
