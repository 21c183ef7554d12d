"""Starts `tidings up` in the background and follows it until it is ready."""

import subprocess
import sys
import time
from collections.abc import Callable

from deploy.local.folder import DataFolder
from deploy.local.logs import log_path, open_log, tail
from deploy.local.refusal import PartFailed
from deploy.local.state import StackState, read_state

LOOK_SECONDS = 0.1


def start_detached(folder: DataFolder, port_base: int, say: Callable[[str], None]) -> StackState:
    """Start a stack that outlives us, in a session of its own, and return when it is ready.

    PartFailed carries its reason if it ends before. An interrupt takes it down again.
    """
    log = log_path(folder.logs, "up")
    begin = log.stat().st_size if log.exists() else 0
    process = _spawn(folder, port_base)
    said: set[str] = set()
    try:
        while process.poll() is None:
            if state := _state_of(process, folder):
                _say_news(state, said, say)
                if state.phase == "ready":
                    return state
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    state = _state_of(process, folder)
    if state and state.error:
        raise PartFailed(state.error, state.tail)
    raise PartFailed("the stack did not come up", tail(log, begin))


def _state_of(process: "subprocess.Popen[bytes]", folder: DataFolder) -> StackState | None:
    state = read_state(folder.state)
    return state if state and state.pid == process.pid else None


def _spawn(folder: DataFolder, port_base: int) -> "subprocess.Popen[bytes]":
    output = open_log(log_path(folder.logs, "up"))
    return subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "deploy.cli", "up"),
            *("--data", str(folder.path), "--port-base", str(port_base)),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # its facts hold the API key, which no log may
        stderr=output,
        start_new_session=True,
    )


def _say_news(state: StackState, said: set[str], say: Callable[[str], None]) -> None:
    for part in state.parts:
        if part.phase == "ready" and part.name not in said:
            said.add(part.name)
            say(f"{part.name} is ready")
