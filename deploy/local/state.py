"""What runs, written down at each change.

`status` and `--detach` read it, and so does the next `up`, to stop what a kill left over.
"""

import json
import signal
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from deploy.local.child import Child
from deploy.local.keeper import Keeper
from deploy.local.processes import end, is_alive
from deploy.local.refusal import CannotRun
from deploy.local.supervisor import Supervisor
from deploy.local.whole_file import write_whole


@dataclass(frozen=True, slots=True)
class PartState:
    """One part; `stop_signal` is what ends its process, `started_at` unix seconds."""

    name: str
    phase: str
    pid: int
    born: str
    started_at: float
    restarts: int
    url: str
    stop_signal: int


@dataclass(frozen=True, slots=True)
class StackState:
    """The whole stack: starting, ready or stopped; `error` and `tail` say why it was given up.

    `said`: what a person who watches the start was told.
    """

    phase: str
    pid: int
    port_base: int
    parts: list[PartState] = field(default_factory=list)
    error: str = ""
    tail: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


WRITTEN = TypeAdapter(StackState)


def part_states(supervisor: Supervisor) -> list[PartState]:
    """The parts that have a process, in the order they were started."""
    return [_part_state(k, k.child) for k in supervisor.keepers if k.child]


def write_state(path: Path, state: StackState) -> None:
    """Replace what was written before."""
    write_whole(path, json.dumps(asdict(state), indent=2))


def read_state(path: Path) -> StackState | None:
    """What was written last; None if nothing was, CannotRun if it is damaged."""
    try:
        return WRITTEN.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise CannotRun(
            f"{path} is damaged, so what runs is not known: `tidings up` writes it anew"
        ) from None


def stop_leftovers(state: StackState) -> list[str]:
    """End what a killed `up` left running, the last started first; the names of those parts."""
    left = [part for part in reversed(state.parts) if is_alive(part.pid, part.born)]
    for part in left:
        end(part.pid, part.born, signal.Signals(part.stop_signal))
    return [part.name for part in left]


def _part_state(keeper: Keeper, child: Child) -> PartState:
    return PartState(
        name=keeper.part.name,
        phase=keeper.phase,
        pid=child.pid,
        born=child.born,
        started_at=child.started_at,
        restarts=keeper.restarts,
        url=keeper.part.url,
        stop_signal=keeper.part.stop_signal,
    )
