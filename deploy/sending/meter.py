"""The progress bar, on stderr and on a terminal only: what is piped stays clean."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Meter:
    """Shows one stage after the other: reading, sending, waiting."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._console = console
        self._hidden = quiet or not console.is_terminal

    @contextmanager
    def stage(self, name: str, total: int | None, *, counts: bool = True) -> Iterator[Progress]:
        """A bar that goes when the stage is over; `task 0` is its only one."""
        columns = [TextColumn("{task.description}"), BarColumn(bar_width=None)]
        more = [MofNCompleteColumn()] if counts else []
        with Progress(
            *columns,
            *more,
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=self._hidden,
        ) as progress:
            progress.add_task(name, total=total)
            yield progress
