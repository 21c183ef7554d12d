"""The second pass: chunks of the spool, each one POST under a key of its own.

The key follows from the content of the file and the chunk's number: after a crash the same file
goes on where it was, because the API answers a chunk it has taken without taking it again.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from deploy.sending.account import Account
from deploy.sending.api import Answer, Api
from deploy.sending.client_journal import ClientJournal
from deploy.sending.refusals import LineProblem
from deploy.sending.spool import Item, Spool

MOST_ITEMS = 1000
MOST_BYTES = 9_000_000  # the API takes ten million


class Dispatch:
    """Sends what the spool holds. `again`: under new keys, whoever was told before."""

    def __init__(
        self, spool: Spool, api: Api, account: Account, journal: ClientJournal, *, again: bool
    ) -> None:
        self._spool = spool
        self._api = api
        self._account = account
        self._journal = journal
        self._run = secrets.token_hex(16) if again else spool.digest.hex()[:32]

    async def run(self, progress: Callable[[int], None]) -> None:
        """Send all; `progress` is told how many each chunk had. What was not sent is counted."""
        totals = self._account.totals
        totals.not_sent = self._spool.count
        began = time.monotonic()
        try:
            for number, chunk in enumerate(chunks(self._spool.items())):
                await self._send(chunk, f"send-{self._run}-{number}")
                totals.not_sent -= len(chunk)
                progress(len(chunk))
        finally:
            totals.seconds = time.monotonic() - began

    async def _send(self, chunk: list[Item], key: str) -> None:
        answer = await self._api.send([item.body for item in chunk], key)
        if answer.problem:
            for item in chunk:
                self._account.refused(_problem(item, answer.body))
            return
        self._record(chunk, answer, key)

    def _record(self, chunk: list[Item], answer: Answer, key: str) -> None:
        totals = self._account.totals
        now = datetime.now(UTC).isoformat()
        entries = []
        for item, result in zip(chunk, answer.body["items"], strict=True):
            if result["status"] == "refused":
                self._account.refused(_problem(item, result["problem"]))
                continue
            if result["status"] == "duplicate":
                totals.known += 1
            else:
                totals.accepted += 1
                totals.replayed += answer.replayed
            # The audit wants one key for one notification: a chunk's own has many.
            own = item.dedupe_key or f"{key}/{result['index']}"
            entries.append(_entry(item, result["id"], own, now))
        self._journal.append(entries)
        self._spool.await_end([entry["id"] for entry in entries])


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The items, in lists that the API takes."""
    chunk: list[Item] = []
    size = 0
    for item in items:
        if chunk and (len(chunk) == MOST_ITEMS or size + len(item.body) + 1 > MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += len(item.body) + 1
    if chunk:
        yield chunk


def _entry(item: Item, id: str, key: str, now: str) -> dict[str, Any]:
    whom = {"channel": item.channel, "to": item.address} if item.channel else {}
    return {"id": id, "line": item.line, **whom, "key": key, "accepted_at": now}


def _problem(item: Item, problem: Mapping[str, Any]) -> LineProblem:
    return LineProblem(
        item.line,
        problem.get("field", ""),
        problem.get("code", "invalid"),
        problem.get("detail", ""),
    )
