"""The first pass: every line is read, given its shape, and held against those before it.

Nothing is sent before it is through, so a file that is not what it seems costs nobody anything.
"""

from collections.abc import Callable
from typing import Any

import orjson

from deploy.sending.account import Account
from deploy.sending.identity import identity
from deploy.sending.items import Defaults, item_of
from deploy.sending.refusals import LineProblem
from deploy.sending.source import Source
from deploy.sending.spool import Item, Spool
from models.errors import Invalid

TELL_EVERY = 500  # lines, about the progress


class Intake:
    """Fills the spool with what can be sent; the account learns of the rest."""

    def __init__(
        self, spool: Spool, account: Account, defaults: Defaults, *, allow_duplicates: bool
    ) -> None:
        self._spool = spool
        self._account = account
        self._defaults = defaults
        self._allow_duplicates = allow_duplicates

    def read(self, source: Source, progress: Callable[[int], None]) -> None:
        """Take all of a file; CannotRead if it is none. `progress` is told of the bytes."""
        told = {"template", "content"} & set(self._defaults.item)
        for count, row in enumerate(source.rows(["to"] if told else ["to", "template"])):
            if isinstance(row, LineProblem):
                self._account.refused(row)
            else:
                self.take(*row)
            if count % TELL_EVERY == 0:
                progress(source.lines.bytes_read)

    def take(self, line: int, raw: dict[str, Any]) -> None:
        """Take one notification."""
        try:
            item = item_of(raw, self._defaults)
            body = _written(item)
        except Invalid as error:
            self._account.refused(
                LineProblem(line, error.field or "", error.reason, str(error)),
            )
            return
        who = identity(item)
        first = line if self._allow_duplicates else self._spool.first_line(who.same, line)
        if first != line:
            self._account.duplicate(line, first, who.why, who.field)
            return
        key = item.get("dedupe_key")
        kept = key if isinstance(key, str) else None
        self._spool.add(Item(line, who.channel, who.address, kept, body))


def _written(item: dict[str, Any]) -> bytes:
    body = orjson.dumps(item)
    if rb"\u0000" in body and rb"\u0000" in body.replace(rb"\\", b""):
        # The API would refuse the whole batch for it.
        raise Invalid("NUL characters cannot be stored", reason="nul")
    return body
