"""`make bench`: every figure of one run, interleaved with its baseline.

`--only NAME` runs the measurements whose name starts so; `--quick` shortens all of them.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import uvloop

from tests.bench.campaign import campaign
from tests.bench.figures import Figure, publish, quantile, show
from tests.bench.lists import lists
from tests.bench.otp import otp
from tests.bench.rig import Rig, Started, now, processes, rig

IN_FLIGHT = 400
BATCH = 1000
TAIL_SECONDS = 0.1  # a workflow ends after its message has gone: no part of the next one's time


async def single(rig: Rig, quick: bool) -> list[Figure]:
    """Idle latency: one of ours, one bare, in turn."""
    times: dict[str, dict[str, float]] = {rig.api: {}, rig.bare_api: {}}
    for _ in range(30 if quick else 150):
        for url, sent in times.items():
            to = rig.address()
            sent[to] = now()
            await rig.send(url, to)
            await rig.journal.all_of([to])
            await asyncio.sleep(TAIL_SECONDS)
    took = {
        url: [(rig.journal.at[to] - at) * 1000 for to, at in sent.items()]
        for url, sent in times.items()
    }
    return [
        Figure(
            f"single_p{p}",
            *(quantile(took[rig.api], p / 100), "ms"),
            quantile(took[rig.bare_api], p / 100),
        )
        for p in (50, 99)
    ]


async def closed_loop(rig: Rig, url: str, seconds: float, in_flight: int) -> tuple[float, float]:
    """Messages a second with so many under way, and the p99 in milliseconds."""
    sent: dict[str, float] = {}
    ends = time.monotonic() + seconds
    started = now()

    async def one() -> None:
        while time.monotonic() < ends:
            to = rig.address()
            sent[to] = now()
            await rig.send(url, to)
            await rig.journal.arrival(to)

    following = asyncio.create_task(rig.journal.keep_following())
    await asyncio.gather(*(one() for _ in range(in_flight)))
    following.cancel()
    arrived = [rig.journal.at[to] for to in sent]
    p99 = quantile([rig.journal.at[to] - at for to, at in sent.items()], 0.99)
    return len(sent) / (max(arrived) - started), p99 * 1000


async def throughput(rig: Rig, quick: bool) -> list[Figure]:
    """Sharing and own workflows against bare ones, in turns; CPU of each process beside it."""
    turns = 1 if quick else 2
    rates: dict[str, list[tuple[float, float]]] = {"shared": [], "own": [], "bare": []}
    cpu: dict[str, float] = {}
    messages = 0
    for _ in range(turns):
        for name, url, seconds, in_flight in (
            ("bare", rig.bare_api, 10, 60),
            ("shared", rig.api, 30 / turns, IN_FLIGHT),
            ("own", rig.own_api, 10, 60),
        ):
            await rig.quiet()
            before, numbers = rig.cpu(), rig.numbers
            rates[name].append(await closed_loop(rig, url, 5 if quick else seconds, in_flight))
            if name == "shared":
                messages += rig.numbers - numbers
                for process, spent in rig.cpu().items():
                    cpu[process] = cpu.get(process, 0) + spent - before[process]
    mean = {name: sum(rate for rate, _ in runs) / len(runs) for name, runs in rates.items()}
    return [
        Figure("single_throughput", mean["shared"], "/s", mean["bare"]),
        Figure("single_throughput_p99", max(p for _, p in rates["shared"]), "ms"),
        Figure("single_throughput_own", mean["own"], "/s", mean["bare"]),
        *_cpu("cpu", cpu, messages),
    ]


async def batch(rig: Rig, quick: bool) -> list[Figure]:
    """Batches of 1,000 over the one-message HTTP vendor, two under way at once."""
    await rig.quiet()
    before = rig.cpu()
    started = now()
    everybody: list[str] = []

    async def some(count: int) -> None:
        for _ in range(count):
            addresses = [rig.address() for _ in range(BATCH)]
            everybody.extend(addresses)
            items = [rig.body(to) for to in addresses]
            response = await rig.client.post(
                f"{rig.api}/v1/notifications/batch", json={"items": items}
            )
            assert response.json()["accepted"] == BATCH
            await rig.journal.all_of(addresses)

    each = 1 if quick else 4
    await asyncio.gather(some(each), some(each))
    took = max(rig.journal.at[to] for to in everybody) - started
    spent = {name: now - before[name] for name, now in rig.cpu().items()}
    return [
        Figure("batch_throughput", len(everybody) / took, "/s"),
        *_cpu("batch_cpu", spent, len(everybody)),
    ]


def _cpu(name: str, spent: dict[str, float], messages: int) -> list[Figure]:
    """Of each process and of all, for one notification; whoever did all but nothing is left out."""
    micros = {process: s / messages * 1e6 for process, s in spent.items() if process != "bare"}
    return [
        Figure(f"{name}_{process.replace(' ', '_')}", each, "µs/notification")
        for process, each in {**micros, "all": sum(micros.values())}.items()
        if each >= 1
    ]


async def accept(rig: Rig, quick: bool) -> list[Figure]:
    """How fast both end points take work that is due tomorrow."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    ends = time.monotonic() + (3 if quick else 8)
    count = 0

    async def one() -> None:
        nonlocal count
        while time.monotonic() < ends:
            body = rig.body(rig.address()) | {"send_at": tomorrow}
            response = await rig.client.post(f"{rig.api}/v1/notifications", json=body)
            assert response.status_code == 202
            count += 1

    started = time.monotonic()
    await asyncio.gather(*(one() for _ in range(30)))
    single_rate = count / (time.monotonic() - started)
    started, chunks = time.monotonic(), 2 if quick else 8
    for _ in range(chunks):
        items = [rig.body(rig.address()) | {"send_at": tomorrow} for _ in range(BATCH)]
        url = f"{rig.api}/v1/notifications/batch"
        assert (await rig.client.post(url, json={"items": items})).status_code == 202
    batch_rate = chunks * BATCH / (time.monotonic() - started)
    return [
        Figure("accept_rate", single_rate, "/s"),
        Figure("accept_rate_batch", batch_rate, "items/s"),
    ]


MEASUREMENTS: dict[str, Callable[[Rig, bool], Awaitable[list[Figure]]]] = {
    "single": single,
    "throughput": throughput,
    "batch": batch,
    "campaign": campaign,
    "otp": otp,
    "lists": lists,
    "accept": accept,  # last: it leaves work for tomorrow
}


async def run(started: Started, only: str, quick: bool) -> None:
    figures: list[Figure] = []
    async with rig(started) as running:
        for name, measure in MEASUREMENTS.items():
            if name.startswith(only):
                print(f"{name} …", flush=True)
                measured = await measure(running, quick)
                show(measured)  # what follows may fail, and takes minutes
                figures += measured
    publish(figures)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…")
    parser.add_argument("--only", default="", help="measurements whose name starts so")
    parser.add_argument("--quick", action="store_true", help="short runs: a look, no figures")
    asked = parser.parse_args()
    with processes() as started:
        uvloop.run(run(started, asked.only, asked.quick))


if __name__ == "__main__":
    main()
