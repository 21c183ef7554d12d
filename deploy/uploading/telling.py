"""What a person is told of an audience: a bar while it is uploaded, and a few lines at the end."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from deploy.sending.account import printable
from deploy.uploading.upload import Progress as Told
from deploy.uploading.upload import Upload


@contextmanager
def bar(console: Console, upload: Upload, size: int, *, quiet: bool) -> Iterator[Told]:
    """On a terminal only: bytes that were sent, and rows a second."""
    with Progress(
        TextColumn("uploading"),
        BarColumn(bar_width=None),
        DownloadColumn(),
        TextColumn("{task.fields[rate]:,.0f} rows/s"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    ) as progress:
        task = progress.add_task("", total=size, completed=upload.view["offset"], rate=0.0)
        began, before = time.monotonic(), upload.view["rows"]

        def told(sent: int, view: Any) -> None:
            seconds = max(time.monotonic() - began, 0.001)
            progress.update(task, completed=sent, rate=(view["rows"] - before) / seconds)

        yield told


def facts(upload: Upload) -> dict[str, Any]:
    """The object of `--json`: the audience, and how fast it was."""
    rounded = {"seconds": round(upload.seconds, 3), "rows_per_second": upload.per_second}
    return {**upload.view, **rounded}


def sentence(view: Mapping[str, Any]) -> str:
    """How much there is, and what was refused."""
    kept = f"{view['rows']:,} rows"
    refused = f", {view['refused']:,} refused" if view["refused"] else ""
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in view["reasons"].items())
    why = f" ({reasons})" if reasons else ""
    stored = "" if view["state"] == "complete" else f"; {view['offset']:,} bytes stored"
    return f"{view['id']} {view['state']}: {kept}{refused}{why}{stored}"


def refusal_line(refusal: Mapping[str, Any]) -> str:
    """A line each, for grep."""
    field = f"{refusal['field']}: " if refusal["field"] else ""
    text = f"line {refusal['line']}: {field}{refusal['detail']} ({refusal['reason']})"
    return printable(text)
