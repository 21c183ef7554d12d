"""How much of the processor a process leaves to others, where Linux groups processes too."""

import errno
import os
import time
from contextlib import suppress
from pathlib import Path

AUTOGROUP = Path("/proc/self/autogroup")
TRIES, PAUSE_SECONDS = 20, 0.1


def leave_the_processor(nice: int) -> None:
    """Be nicer by so much (0 to 19), also as a group; and wake without pushing anybody aside.

    With autogroups (sched(7)) Linux shares the processor between sessions first, and a nice value
    counts only within one. A worker that leads a session of its own therefore sets the group's too.
    """
    if nice == 0:
        return
    own = os.nice(nice)
    _wait_for_a_turn()
    if os.getsid(0) == os.getpid() and AUTOGROUP.exists():
        _set_group(own)


def _wait_for_a_turn() -> None:
    """As batch work (sched(7)), which takes the processor at a turn's end, not when it wakes.

    Of this thread and those it will start.
    """
    if hasattr(os, "SCHED_BATCH"):
        with suppress(PermissionError):  # a container may keep its policies to itself
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _set_group(nice: int) -> None:
    """Linux takes one such change every tenth of a second from all of a machine's users."""
    for _ in range(TRIES):
        try:
            AUTOGROUP.write_text(str(nice))
        except OSError as error:
            if error.errno != errno.EAGAIN:
                return  # a container's /proc may be read-only: its owner shares the processor
            time.sleep(PAUSE_SECONDS)
        else:
            return
