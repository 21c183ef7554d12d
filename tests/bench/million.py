"""`make bench-million`: one campaign to a million over SMTP; `--people` for another number."""

import argparse
from pathlib import Path

import uvloop

from tests.bench.applications import application
from tests.bench.campaign import calibration, taken
from tests.bench.campaign_run import Ran, run_campaign
from tests.bench.figures import Figure, publish
from tests.bench.rig import Started, processes, rig
from tests.bench.sinks import sink

FILE = Path("build/bench-million.json")
POINTS = 20


def curve(memory: list[float]) -> list[Figure]:
    """The largest worker's memory at twenty points of the way."""
    places = range(0, 100 + 1, 100 // POINTS)
    return [
        Figure(f"memory_at_{percent}", memory[(len(memory) - 1) * percent // 100], "MB")
        for percent in places
    ]


def figures(ran: Ran) -> list[Figure]:
    return [
        Figure("people", ran.people, "people"),
        Figure("upload", ran.upload_seconds, "s"),
        Figure("validation", ran.validation_seconds, "s"),
        Figure("approval_to_first", ran.start_seconds, "s"),
        Figure("approval_to_last", ran.seconds, "s"),
        Figure("rate", ran.rate, "/s"),
        *(Figure(f"cpu_{process}", micros, "µs/message") for process, micros in ran.cpu.items()),
        *taken([ran]),
        *curve(ran.memory),
    ]


async def run(started: Started, people: int) -> None:
    before = calibration()
    async with rig(started) as running:
        with sink("smtp") as to:
            own = await application(running, "smtp", to)
            ran = await run_campaign(running, own, to, people)
    calibrated = Figure("campaign_calibration", calibration(), "ms", before)
    publish([*figures(ran), calibrated], FILE)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-million ARGS=…")
    parser.add_argument("--people", type=int, default=1_000_000)
    people = parser.parse_args().people
    with processes() as started:
        uvloop.run(run(started, people))


if __name__ == "__main__":
    main()
