"""One `tidings send`: read, send, wait. What it counted so far can be read whenever it stops."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, TaskID

from deploy.sending import source
from deploy.sending.account import Account
from deploy.sending.api import Api
from deploy.sending.client_journal import ClientJournal
from deploy.sending.dispatch import Dispatch
from deploy.sending.errors_file import ErrorsFile
from deploy.sending.following import until_ended
from deploy.sending.intake import Intake
from deploy.sending.items import Defaults
from deploy.sending.meter import Meter
from deploy.sending.spool import Spool
from deploy.sending.target import Target

BAR = TaskID(0)


@dataclass(frozen=True, slots=True)
class Order:
    """What the command was told. Either `path`, or the one notification that the flags say."""

    target: Target
    path: Path | None
    format: source.Format | None
    one: dict[str, Any] | None
    defaults: Defaults
    allow_duplicates: bool
    again: bool
    wait: bool
    quiet: bool
    journal: Path | None
    errors: Path | None
    retry_for_seconds: float
    as_json: bool = False


class Sending:
    """The send at work, and what it found; close it when it is over."""

    def __init__(self, order: Order, console: Console) -> None:
        self.order = order
        self.id = ""  # of the only one
        self.view: Mapping[str, Any] = {}  # the only one, when it has ended
        self.ended: Counter[str] = Counter()
        self._errors = ErrorsFile(order.errors)
        self._journal = ClientJournal(order.journal)
        self._meter = Meter(console, quiet=order.quiet)
        self.account = Account(console, self._errors, as_json=order.as_json)

    def close(self) -> None:
        """Close the files, and count what was refused without a word."""
        self.account.tell_rest()
        self._errors.close()
        self._journal.close()

    def run(self) -> None:
        """All of it; SendStopped ends it early."""
        spool = Spool()
        self._read(spool)  # not inside the loop, which would keep Ctrl-C waiting
        self.account.totals.read_whole = True
        asyncio.run(self._send_and_wait(spool))

    async def _send_and_wait(self, spool: Spool) -> None:
        api = Api(self.order.target, self.order.retry_for_seconds, self.account.say)
        try:
            await self._send(spool, api)
            if self.order.wait:
                await self._wait(spool, api)
        finally:
            await api.close()

    def _read(self, spool: Spool) -> None:
        order = self.order
        intake = Intake(
            spool, self.account, order.defaults, allow_duplicates=order.allow_duplicates
        )
        if order.path is None:
            intake.take(0, order.one or {})
            return
        with (
            source.opened(order.path, order.format) as opened,
            self._meter.stage("reading", opened.size, counts=False) as bar,
        ):
            intake.read(opened, lambda size: bar.update(BAR, completed=size))

    async def _send(self, spool: Spool, api: Api) -> None:
        # The flags mean a new notification each time they are given.
        again = self.order.again or self.order.path is None
        dispatch = Dispatch(spool, api, self.account, self._journal, again=again)
        with self._meter.stage("sending", spool.count) as bar:
            await dispatch.run(_advance(bar))
        if self.order.path is None:
            self.id = next(iter(spool.still_open(1)), "")

    async def _wait(self, spool: Spool, api: Api) -> None:
        totals = self.account.totals
        with self._meter.stage("waiting", totals.accepted + totals.known) as bar:
            self.ended = await until_ended(api, spool, _advance(bar))
        if self.id:
            self.view = await api.read(self.id)


def _advance(bar: Progress) -> Callable[[int], None]:
    return lambda count: bar.advance(BAR, count)
