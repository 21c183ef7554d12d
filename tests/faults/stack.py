"""A real stack under attack: started by `tidings up`, its parts killed by the pids it names."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil

TIDINGS = (sys.executable, "-P", "-m", "deploy.cli")
# Recovery in seconds instead of minutes; what recovers is the same.
QUICK = {"TIDINGS_RECONCILE_AFTER": "PT5S", "TIDINGS_RELAY_AFTER": "PT2S"}
VENDORS = ("smtp", "twilio", "telegram", "sendgrid")

COUNTS = """
SELECT count(*) FILTER (WHERE n.ended_at IS NULL AND COALESCE(m.phase, 'queued') = 'queued')
           AS unsent,
       count(*) FILTER (WHERE n.ended_at IS NULL) AS still_open,
       count(*) FILTER (WHERE m.phase = 'sending') AS sending,
       count(*) FILTER (WHERE m.phase = 'sending' AND n.priority = 'low') AS sending_low,
       count(*) FILTER (WHERE m.phase = 'sending' AND n.priority <> 'low') AS sending_urgent
FROM notification n LEFT JOIN message m ON m.owner_id = n.owner_id AND m.notification_id = n.id
"""
# An attempt was in flight at a moment if it began before and had not ended; it came into doubt if
# that was ever written of it, whatever a look-up found later.
IN_FLIGHT = """
WITH doubt AS (
    SELECT DISTINCT owner_id, seq, attempt AS n FROM event WHERE kind IN ('unknown', 'worker_lost')
)
SELECT count(*) AS attempts, count(doubt.n) AS in_doubt
FROM attempt t LEFT JOIN doubt USING (owner_id, seq, n)
JOIN message m USING (owner_id, seq) JOIN notification n ON n.id = m.notification_id
WHERE (n.priority = 'low') = $2 AND t.started_at <= $1
  AND COALESCE(t.ended_at >= $1, $1 < t.started_at + interval '1 minute')
"""
DOUBTS = """
SELECT count(DISTINCT (owner_id, seq, attempt)) FROM event WHERE kind IN ('unknown', 'worker_lost')
"""
# When each was made and what was written of it, for whoever must find out why it is there.
EACH_DOUBT = """
SELECT t.started_at, t.ended_at, t.outcome, n.priority,
       array_agg(e.kind || ' ' || COALESCE(e.reason, '-') || ' ' || e.at ORDER BY e.at) AS events
FROM event e JOIN attempt t ON (t.owner_id, t.seq, t.n) = (e.owner_id, e.seq, e.attempt)
JOIN message m ON (m.owner_id, m.seq) = (t.owner_id, t.seq)
JOIN notification n ON n.id = m.notification_id
GROUP BY t.owner_id, t.seq, t.n, n.id
HAVING bool_or(e.kind IN ('unknown', 'worker_lost')) ORDER BY t.started_at
"""

SENDING_AGAIN = "SELECT count(*) FROM message WHERE phase = 'sending' AND resends > 0"
# Of those for whom a workflow must still be started, in shared ones too.
UNSTARTED = "SELECT COALESCE(sum(size), 0) FROM workflow_start"


@dataclass(frozen=True)
class Counts:
    """Where the notifications are; `unsent`: accepted, and nobody has begun to send them."""

    unsent: int
    still_open: int
    sending: int
    sending_low: int
    sending_urgent: int


class Stack:
    """One stack, from `up` to `down`."""

    def __init__(self, folder: Path, facts: dict[str, Any], database: asyncpg.Pool) -> None:
        self.folder = folder
        self.facts = facts
        self._database = database
        self._sandbox = httpx.AsyncClient(base_url=facts["mailbox"] + "/_sandbox")

    @classmethod
    async def up(cls, folder: Path, port_base: int) -> "Stack":
        code, out = await tidings(
            *("up", "--detach", "--json", "--data", str(folder), "--port-base", str(port_base)),
        )
        assert code == 0, out
        facts = json.loads(out.splitlines()[-1])
        pool = await asyncpg.create_pool(facts["database_url"], min_size=0, command_timeout=5)
        return cls(folder, facts, pool)

    async def down(self) -> None:
        await self._sandbox.aclose()
        self._database.terminate()
        await tidings("down", "--data", str(self.folder))

    async def parts(self) -> dict[str, dict[str, Any]]:
        """Each part's pid, health and restarts, by its name."""
        _, out = await tidings("status", "--json", "--data", str(self.folder))
        return {part["name"]: part for part in json.loads(out)["parts"]}

    async def signal(self, name: str, how: signal.Signals) -> datetime:
        """To the part and whatever it started, PostgreSQL's own processes for instance; when."""
        parent = psutil.Process((await self.parts())[name]["pid"])
        signalled = [parent] if how is signal.SIGTERM else tree(parent)
        for process in signalled:
            process.send_signal(how)
        return datetime.now(UTC)

    async def all_well(self) -> None:
        """Wait until every part is up again."""

        async def well() -> bool:
            return all(part["health"] == "well" for part in (await self.parts()).values())

        await until(well, 60, "a part did not come back")

    async def hold(self, seconds: float) -> list[int]:
        """From now on each vendor answers that much later: its messages stay in flight."""
        return [
            await self.fault(vendor=vendor, fault="slow", seconds=seconds) for vendor in VENDORS
        ]

    async def fault(self, **rule: Any) -> int:
        """One rule of the sandbox vendors; its id."""
        answer = await self._sandbox.post("/faults", json=rule)
        return int(answer.raise_for_status().json()["id"])

    async def met(self, faults: Collection[str]) -> int:
        """How many messages have met one of these faults since the sandbox began."""
        stats = (await self._sandbox.get("/stats")).raise_for_status().json()
        return sum(
            times
            for of_vendor in stats["faults"].values()
            for fault, times in of_vendor.items()
            if fault in faults
        )

    async def arrived(self, to: str) -> int:
        """How many messages the vendors have for this recipient."""
        found = await self._sandbox.get("/messages", params={"to": to})
        return len(found.raise_for_status().json()["messages"])

    async def lift(self, rules: Sequence[int] = ()) -> None:
        """These rules hold no more; none named: all vendors are quick again."""
        for path in [f"/faults/{rule}" for rule in rules] or ["/faults"]:
            (await self._sandbox.delete(path)).raise_for_status()

    async def counts(self) -> Counts:
        return Counts(**await self._database.fetchrow(COUNTS))

    async def in_flight(self, at: datetime, *, bulk: bool) -> tuple[int, int]:
        """A worker's attempts under way at that moment, and how many of them came into doubt."""
        row = await self._database.fetchrow(IN_FLIGHT, at, bulk)
        return row["attempts"], row["in_doubt"]

    async def doubts(self) -> int:
        """All attempts that ever came into doubt."""
        return int(await self._database.fetchval(DOUBTS))

    async def each_doubt(self) -> str:
        """The same, a line each."""
        rows = await self._database.fetch(EACH_DOUBT)
        return "\n".join(" | ".join(map(str, row.values())) for row in rows)

    async def sending_again(self) -> int:
        """Messages under way once more, after a doubt."""
        return int(await self._database.fetchval(SENDING_AGAIN))

    async def unstarted(self) -> int:
        """How many notifications are written down as without a workflow."""
        return int(await self._database.fetchval(UNSTARTED))

    async def until(self, holds: Callable[[Counts], bool], within_seconds: float) -> Counts:
        """Wait for such counts, and give them back."""
        found: list[Counts] = []

        async def look() -> bool:
            try:
                found.append(await self.counts())
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                return False  # it has just been killed
            return holds(found[-1])

        await until(look, within_seconds, lambda: f"it came to {found[-1:]}")
        return found[-1]

    async def audit(self, journal: Path, *, complete: bool = True) -> tuple[int, str]:
        """Exit code and words of `tidings audit`; `complete`: the journal holds every call."""
        how = ("--complete",) if complete else ("--open-ok",)
        return await tidings(
            *("audit", "--data", str(self.folder), "--journal", str(journal), *how),
        )


def tree(parent: psutil.Process) -> list[psutil.Process]:
    return [parent, *parent.children(recursive=True)]


async def tidings(*arguments: str) -> tuple[int, str]:
    """The command's exit code and output."""
    process = await asyncio.create_subprocess_exec(
        *TIDINGS,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **QUICK},
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def until(
    holds: Callable[[], Awaitable[bool]], within_seconds: float, otherwise: str | Callable[[], str]
) -> None:
    deadline = time.monotonic() + within_seconds
    while not await holds():
        assert time.monotonic() < deadline, otherwise if isinstance(otherwise, str) else otherwise()
        await asyncio.sleep(0.1)
