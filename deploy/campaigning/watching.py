"""Following a campaign by its server-sent events, until it ends, pauses, or is not to be sent.

A stream that breaks off is taken up again: each event says all there is to know.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from api.sdk import Tidings, Unreachable
from deploy.campaigning.views import RESULTS

COMPLETED = 0
STOPPED = 3  # paused, cancelled, or in a state from which nobody sends it
WAITING = frozenset({"validating", "pending_approval", "scheduled", "running"})
ENDED = frozenset({"completed", "cancelled"})
PHASES = ("queued", "sending", "unknown")
ORDER = (*(r for r in RESULTS if r not in ("unknown", "pending")), *PHASES)
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 1.0

View = Mapping[str, Any]
Tell = Callable[[View], None]


def watch(tidings: Tidings, id: UUID, tell: Tell) -> View:
    """The last that was said of it; each change is told."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            for view in tidings.campaigns.watch(id):
                until = time.monotonic() + PATIENCE_SECONDS
                tell(view)
                if is_over(view):
                    return view
        except Unreachable:
            if time.monotonic() > until:
                raise
        time.sleep(PAUSE_SECONDS)


def is_over(view: View) -> bool:
    """Is there nothing to wait for? A cancelled one still ends what was under way."""
    if view["status"] in ENDED:
        return not _pending(view)
    return view["status"] not in WAITING


def exit_code(view: View) -> int:
    """0: completed."""
    return COMPLETED if view["status"] == "completed" else STOPPED


@contextmanager
def teller(console: Console) -> Iterator[Tell]:
    """A line that moves on a terminal, a line for each change elsewhere."""
    if not console.is_terminal:
        yield lambda view: console.print(f"{view['at'][11:19]} {sentence(view)}")
        return
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("")

        def tell(view: View) -> None:
            done, total = view["people"] - _pending(view), view["people"] or None
            progress.update(task, description=sentence(view), completed=done, total=total)

        yield tell


def sentence(view: View) -> str:
    """Counts by state, the rate, and the estimated end."""
    counts = view["counts"]
    said = ", ".join(f"{counts[state]:,} {state}" for state in ORDER if counts.get(state))
    parts = [f"{view['status']}, {view['people']:,} people{said and ': '}{said}"]
    if view["status"] == "running":
        parts.append(f"{view['per_second']:,.0f}/s")
    if view["estimated_end"]:
        parts.append(f"ends about {view['estimated_end'][11:19]} UTC")
    return "; ".join(parts)


def _pending(view: View) -> int:
    return sum(view["reasons"].get("pending", {}).values())
