"""Starts `tidings up` in the background and follows it until it is ready."""

import subprocess
import sys
import time
from collections.abc import Callable

from deploy.local.folder import DataFolder
from deploy.local.logs import log_path, open_log, tail
from deploy.local.refusal import CannotRun, PartFailed
from deploy.local.state import StackState, read_state

LOOK_SECONDS = 0.1
ITS_WORD = "tidings: "


def start_detached(folder: DataFolder, port_base: int, say: Callable[[str], None]) -> StackState:
    """Start a stack that outlives us, in a session of its own, and return when it is ready.

    PartFailed carries its reason if it ends before. An interrupt takes it down again.
    """
    log = log_path(folder.logs, "up")
    begin = log.stat().st_size if log.exists() else 0
    process = _spawn(folder, port_base)
    said = 0
    try:
        while process.poll() is None:
            if state := _state_of(process, folder):
                said = _say_news(state, said, say)
                if state.phase == "ready":
                    return state
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    state = _state_of(process, folder)
    if state:
        _say_news(state, said, say)
    if state and state.error:
        raise PartFailed(state.error, state.tail)
    raise _last_words(tail(log, begin))


def _state_of(process: "subprocess.Popen[bytes]", folder: DataFolder) -> StackState | None:
    state = read_state(folder.state)
    return state if state and state.pid == process.pid else None


def _spawn(folder: DataFolder, port_base: int) -> "subprocess.Popen[bytes]":
    output = open_log(log_path(folder.logs, "up"))
    return subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "deploy.cli", "up"),
            *("--data", str(folder.path), "--port-base", str(port_base), "--quiet"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # its facts hold the API key, which no log may
        stderr=output,
        start_new_session=True,
    )


def _say_news(state: StackState, said: int, say: Callable[[str], None]) -> int:
    for line in state.said[said:]:
        say(line)
    return len(state.said)


def _last_words(lines: list[str]) -> CannotRun:
    """Its own reason, as the command line tells one; without any all that it said."""
    own = [line.removeprefix(ITS_WORD) for line in lines if line.startswith(ITS_WORD)]
    reasons = [line for line in own if not line.startswith("warning:")]
    return CannotRun(reasons[-1]) if reasons else PartFailed("the stack did not come up", lines)
