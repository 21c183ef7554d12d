"""What the stack knows about one of its processes. Which parts there are: `stack.py`."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.local.account import Account


@dataclass(frozen=True, slots=True)
class Part:
    """How to start a process, how to tell that it is ready, how to stop it.

    `stage` orders the stop: the highest first, those of one stage together. `url` is asked until it
    answers; without one, `ready_line` is awaited in the log; without either, started is ready.
    `environment` is the whole of it: nothing is inherited.
    """

    name: str
    command: tuple[str, ...]
    stage: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    ready_line: str = ""
    ready_within_seconds: float = 60
    first_pause_seconds: float = 0.1  # before a restart; doubles with each death of late
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_seconds: float = 2
    # When there is no time: what ends it at once and leaves nothing behind.
    abort_signal: signal.Signals = signal.SIGKILL
