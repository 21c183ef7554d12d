"""What a mail costs on a lane, and one by one, in microseconds of our CPU; and how many a second.

`python -m tests.bench.smtp`: 5 KB mails to a sink in a process of its own, both ways in turn. What
writing the MIME costs is measured apart and taken off.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence

import uvloop

from activities.vendor import Vendor, load
from models.messages import Channel, Message, Outcome, Verdict
from models.rendering.mime import mime
from tests.bench.figures import quantile
from tests.bench.sinks import HOST, sink

TEXT = ("A line of the usual length, as a newsletter has it, and a little more of it.\n" * 64)[
    :5000
]
CONNECTIONS = (1, 10)


class Pile:
    """A source that has `count` mails at once."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.accepted = 0

    async def take(self, most: int) -> Sequence[Message]:
        message = self.take_ready()
        return [message] if message else []

    def take_ready(self) -> Message | None:
        if not self.left:
            return None
        self.left -= 1
        return mail(self.left)

    def done(self, message: Message, outcome: Outcome) -> None:
        self.accepted += outcome.verdict is Verdict.ACCEPTED


def mail(n: int) -> Message:
    to = f"person{n}@example.com"
    return Message(f"o.{n}", Channel.EMAIL, to, text=TEXT, subject=f"Number {n}", request_key="k")


async def on_lanes(vendor: Vendor, count: int) -> int:
    pile = Pile(count)
    await asyncio.gather(*(vendor.run_lane(pile) for _ in range(vendor.lanes)))
    return pile.accepted


async def one_by_one(vendor: Vendor, count: int) -> int:
    pile = Pile(count)

    async def lane() -> None:
        await Vendor.run_lane(vendor, pile)

    await asyncio.gather(*(lane() for _ in range(vendor.lanes)))
    return pile.accepted


def mime_costs(count: int) -> float:
    """Seconds of CPU a message."""
    began = time.process_time()
    for n in range(count):
        mime(mail(n), "example.com", "Tidings <n@example.com>")
    return (time.process_time() - began) / count


async def measure(port: int, count: int, rounds: int) -> None:
    given = {"host": HOST, "port": port, "tls": "none", "sender": "Tidings <n@example.com>"}
    print(f"MIME {mime_costs(count) * 1e6:.1f} µs a message, taken off")
    for connections in CONNECTIONS:
        more = {"message_id_domain": "example.com", "connections": connections}
        vendor = load("smtp", given | more)
        await vendor.open()
        for way, share in ((on_lanes, 1), (one_by_one, 4)):
            costs, rates = [], []
            for _ in range(rounds):
                wall, cpu = time.perf_counter(), time.process_time()
                assert await way(vendor, count // share) == count // share
                took = time.perf_counter() - wall
                costs.append((time.process_time() - cpu) * share / count - mime_costs(1000))
                rates.append(count / share / took)
            print(
                f"{way.__name__:>10}, {connections:2} connections:"
                f" {quantile(costs, 0.5) * 1e6:6.1f} µs, {quantile(rates, 0.5):7,.0f} a second"
            )
        await vendor.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--port", type=int, help="of a mail server that is there already")
    asked = parser.parse_args()
    if asked.port:
        uvloop.run(measure(asked.port, asked.count, asked.rounds))
        return
    with sink("smtp") as server:
        uvloop.run(measure(server.port, asked.count, asked.rounds))


if __name__ == "__main__":
    main()
