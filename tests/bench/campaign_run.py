"""One campaign from upload to end: how fast, at what cost, and whether the sink got it exactly."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import psutil
from temporalio.client import Client, WorkflowExecutionStatus

from tests.bench.applications import Application
from tests.bench.letters import address
from tests.bench.rig import Rig
from tests.bench.sink_books import checksum
from tests.bench.sinks import Sink, rate

SAMPLE_SECONDS = 0.5
SLOWEST = 50  # messages a second: below that it is not waited for
MEGABYTE = 1e6


@dataclass
class Memory:
    """The resident size of every worker process over time: megabytes by pid, and when."""

    processes: list[psutil.Process]
    at: list[float] = field(default_factory=list)
    curves: dict[int, list[float]] = field(default_factory=dict)

    async def sample(self) -> None:
        """Until cancelled."""
        while True:
            self.at.append(time.monotonic())
            for process in self._all():
                curve = self.curves.setdefault(process.pid, [])
                curve += [0.0] * (len(self.at) - 1 - len(curve))
                try:
                    curve.append(process.memory_info().rss / MEGABYTE)
                except psutil.NoSuchProcess:
                    continue
            await asyncio.sleep(SAMPLE_SECONDS)

    def largest(self) -> list[float]:
        """The curve of the process that grew largest."""
        return max(self.curves.values(), key=max)

    def _all(self) -> list[psutil.Process]:
        return [p for own in self.processes for p in (own, *own.children(recursive=True))]


@dataclass(frozen=True)
class Ran:
    """What one campaign did; CPU in microseconds a message, by process."""

    people: int
    rate: float
    upload_seconds: float
    validation_seconds: float
    start_seconds: float  # approval to first message
    seconds: float  # approval to last message
    cpu: dict[str, float]
    memory: list[float]
    workflows: int
    events: int
    bytes: float
    wal_bytes: float

    @property
    def cpu_all(self) -> float:
        return sum(self.cpu.values())


async def run_campaign(rig: Rig, own: Application, to: Sink, people: int) -> Ran:
    """Run one whose every recipient must arrive at the sink, once."""
    await to.reset()
    before = await stored(rig)
    began = time.monotonic()
    audience = await own.upload(people)
    uploaded = time.monotonic()
    campaign = await own.submitted(audience, people)
    validated = time.monotonic()
    await rig.quiet()
    before_cpu, before_sink = rig.cpu(), to.cpu()
    async with sampled(rig) as memory:
        approved_at = time.time()
        await own.approve(campaign)
        books = await arrived(to, people)
        cpu = {name: now - before_cpu[name] for name, now in rig.cpu().items() if name != "bare"}
        cpu["sink"] = to.cpu() - before_sink
    await own.until(campaign["id"], "completed")
    await exact(own, to, people)
    sent = (await own.ask("GET", f"campaigns/{campaign['id']}/progress"))["counts"]["sent"]
    assert sent == people, f"{people} arrived, the books say {sent}"
    workflows, events = await history(rig, campaign["id"])
    after = await stored(rig)
    return Ran(
        people=people,
        rate=rate(books),
        upload_seconds=uploaded - began,
        validation_seconds=validated - uploaded,
        start_seconds=books["first_at"] - approved_at,
        seconds=books["last_at"] - approved_at,
        cpu={name.replace(" ", "_"): spent / people * 1e6 for name, spent in cpu.items()},
        memory=memory.largest(),
        workflows=workflows,
        events=events,
        bytes=(after[0] - before[0]) / people,
        wal_bytes=(after[1] - before[1]) / people,
    )


@asynccontextmanager
async def sampled(rig: Rig) -> AsyncIterator[Memory]:
    """The workers' memory while the block runs."""
    workers = [p for name, own in rig.processes.items() if "worker" in name for p in own]
    memory = Memory(workers)
    sampling = asyncio.create_task(memory.sample())
    try:
        yield memory
    finally:
        sampling.cancel()


async def arrived(to: Sink, people: int) -> dict[str, Any]:
    """The books once they are full."""
    return await to.until(lambda books: books["messages"] >= people, 60 + people / SLOWEST)


async def exact(own: Application, to: Sink, people: int) -> None:
    """Every recipient once, nobody else."""
    books = await to.books()
    found = {name: books[name] for name in ("messages", "distinct", "duplicates")}
    assert found == {"messages": people, "distinct": people, "duplicates": 0}, found
    everybody = (address(own.channel, n).encode() for n in range(people))
    assert await to.checksum() == checksum(everybody), "other recipients than the audience's"


async def history(rig: Rig, campaign_id: str) -> tuple[int, int]:
    """How many workflows the campaign had, and their history events, once all have closed."""
    client = await Client.connect(rig.facts["temporal_address"])
    query = f"Campaign = '{campaign_id}'"
    running = WorkflowExecutionStatus.RUNNING
    async with asyncio.timeout(120):
        while True:
            runs = [run async for run in client.list_workflows(query)]
            if runs and all(run.status is not running for run in runs):
                return len(runs), sum(run.history_length for run in runs)
            await asyncio.sleep(0.5)


async def stored(rig: Rig) -> tuple[int, int]:
    """Bytes of the database, and bytes of WAL written so far."""
    connection = await asyncpg.connect(rig.facts["database_url"])
    try:
        row = await connection.fetchrow(
            "SELECT pg_database_size(current_database()) AS size,"
            " pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS wal"
        )
        assert row
        return row["size"], row["wal"]
    finally:
        await connection.close()
