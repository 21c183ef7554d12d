"""What waited too long for its turn is released, not sent."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from uuid_utils.compat import uuid7

from activities.accounts import OpenAccount
from activities.handover import RELEASED, Handover
from models.clock import LeaseClock
from models.messages import CALL_DEADLINE, LEASE, Channel, Message, Outcome, Verdict
from models.repositories.accounts import Account
from models.repositories.messages import Claimed

ACCEPTED = Outcome(Verdict.ACCEPTED)


class Recorder:
    """Stands for a vendor: takes everything, and remembers what."""

    max_batch = 10
    lanes = 1

    def __init__(self) -> None:
        self.taken: list[str] = []

    def batches(self, messages: Sequence[Message]) -> list[Sequence[Message]]:
        return [messages]

    async def send(self, batch: Sequence[Message]) -> list[Outcome]:
        self.taken += [message.to for message in batch]
        return [ACCEPTED] * len(batch)


class Suspended(LeaseClock):
    """A clock on a machine that slept after the claim."""

    slept_seconds = 0.0

    def _now(self) -> float:
        return super()._now() + self.slept_seconds


def claimed(address: str, life: timedelta) -> Claimed:
    id = uuid7()
    return Claimed(1, 1, address, f"{id}.1", id, id, life, None, {}, "", {})


async def handed_over(
    lives: dict[str, timedelta], slept: timedelta, *, stopping: bool = False
) -> tuple[dict[str, Outcome], list[str]]:
    vendor, clock = Recorder(), Suspended()
    clock.slept_seconds = slept.total_seconds()
    account = OpenAccount(Account(uuid7(), "recorder", b"", 1, 0, None, False), vendor)  # type: ignore[arg-type]

    def render(each: Claimed) -> Message:
        return Message(each.request_key, Channel.SMS, each.address)

    handover = Handover(account, clock, render, lambda: stopping, priority=3)
    window = [claimed(address, life) for address, life in lives.items()]
    async with asyncio.timeout(5):
        ends = await handover.send(window)
    return {c.address: outcome for c, outcome in ends}, vendor.taken


async def test_a_message_that_expires_before_its_turn_is_released_and_the_others_go() -> None:
    lives = {"soon over": timedelta(seconds=20), "lives on": timedelta(hours=1)}
    ends, taken = await handed_over(lives, timedelta(seconds=20) - CALL_DEADLINE)
    assert ends == {"soon over": RELEASED, "lives on": ACCEPTED}
    assert taken == ["lives on"]


async def test_a_lease_without_time_for_a_call_releases_all() -> None:
    lives = {"one": timedelta(hours=1), "two": timedelta(hours=1)}
    ends, taken = await handed_over(lives, LEASE - CALL_DEADLINE)
    assert set(ends.values()) == {RELEASED}
    assert taken == []


async def test_a_worker_that_stops_calls_nobody() -> None:
    ends, taken = await handed_over({"one": timedelta(hours=1)}, timedelta(), stopping=True)
    assert (ends, taken) == ({"one": RELEASED}, [])
