"""Campaigns over the three kinds of vendor, each in turns with a plain loop of the same client.

Every figure is void unless the sink has got every recipient once: `campaign_run` asserts it.
"""

import hashlib
import time
from statistics import fmean

from tests.bench.applications import application
from tests.bench.baselines import CLIENTS, Baseline, baseline, mean
from tests.bench.campaign_run import Ran, run_campaign
from tests.bench.figures import Figure
from tests.bench.rig import Rig
from tests.bench.sinks import sink

PEOPLE, QUICK_PEOPLE = 100_000, 5_000
LEAST = {"batch_http": 50_000}  # fewer batches of a thousand have no rate
VENDORS = {"smtp": "smtp", "http": "twilio", "batch_http": "sendgrid"}


def calibration() -> float:
    """Milliseconds for a fixed piece of work: what the machine can do just now."""
    started = time.perf_counter()
    digest = b""
    for _ in range(100_000):
        digest = hashlib.sha256(digest).digest()
    return (time.perf_counter() - started) * 1000


async def campaign(rig: Rig, quick: bool) -> list[Figure]:
    """All three, then what the hungriest of them took."""
    figures: list[Figure] = []
    runs: list[Ran] = []
    calibrations = [calibration()]
    for kind in VENDORS:
        ran, base = await in_turns(rig, kind, QUICK_PEOPLE if quick else PEOPLE)
        calibrations.append(calibration())
        runs.append(ran)
        figures += _speed(kind, ran, base)
    return [*figures, *taken(runs), Figure("campaign_calibration", fmean(calibrations), "ms")]


async def in_turns(rig: Rig, kind: str, people: int) -> tuple[Ran, Baseline]:
    """Half of the baseline, the campaign, the other half."""
    with sink(CLIENTS[kind][0]) as to:
        own = await application(rig, VENDORS[kind], to)
        messages = max(people // 2, LEAST.get(kind, 0))
        before = await baseline(kind, to, messages)
        ran = await run_campaign(rig, own, to, people)
        await rig.quiet()
        after = await baseline(kind, to, messages)
    return ran, mean([before, after])


def _speed(kind: str, ran: Ran, base: Baseline) -> list[Figure]:
    name = f"campaign_{kind}"
    plain = base.client_micros + base.sink_micros
    return [
        Figure(name, ran.rate, "/s", base.rate),
        Figure(f"{name}_cpu", ran.cpu_all, "µs/message", plain),
        *(
            Figure(f"{name}_cpu_{process}", micros, "µs/message")
            for process, micros in ran.cpu.items()
            if micros >= 1
        ),
        Figure(f"{name}_validation", ran.people / ran.validation_seconds, "people/s"),
        Figure(f"{name}_upload", ran.people / ran.upload_seconds, "rows/s"),
        Figure(f"{name}_start", ran.start_seconds * 1000, "ms"),
    ]


def taken(runs: list[Ran]) -> list[Figure]:
    """Memory (late against early: a ratio of 1 is flat), history events and bytes; the most."""
    hungriest = max(runs, key=lambda ran: max(ran.memory))
    third = max(1, len(hungriest.memory) // 3)
    early, late = fmean(hungriest.memory[:third]), fmean(hungriest.memory[-third:])
    return [
        Figure("campaign_memory", late, "MB", early),
        Figure("campaign_memory_most", max(hungriest.memory), "MB"),
        Figure("campaign_events", max(ran.events for ran in runs), "events"),
        Figure("campaign_workflows", max(ran.workflows for ran in runs), "workflows"),
        Figure("campaign_bytes", max(ran.bytes for ran in runs), "bytes/message"),
        Figure("campaign_wal", max(ran.wal_bytes for ran in runs), "bytes/message"),
    ]
