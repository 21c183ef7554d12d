"""The inner loop: whatever happens, what was taken is recorded once, and doubt is bounded."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from activities.campaign_lanes import Lanes
from activities.campaign_pace import WINDOW, WINDOWS_AHEAD, Pace
from activities.campaign_stream import Desk, Stream
from activities.vendor import Vendor
from models.errors import Invalid
from models.messages import Channel, Message, Outcome, Scope, Verdict
from models.repositories.campaign_messages import Picked

SENT = Outcome(Verdict.ACCEPTED)
RESTS = Outcome(Verdict.RETRY, scope=Scope.ACCOUNT, reason="connect_failed")
pytestmark = pytest.mark.timeout(20)


def picked(seq: int, life: timedelta = timedelta(hours=1)) -> Picked:
    return Picked(seq, 1, f"p{seq}@example.com", 0, None, life, datetime.now(UTC), "", "", {})


class Lane(Vendor):
    """A vendor whose calls `answer` makes."""

    name, channel, lanes, max_batch = "fake", Channel.EMAIL, 4, 1  # type: ignore[assignment]

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def send(self, batch: Sequence[Message]) -> list[Outcome]:
        return [await self.answer(message) for message in batch]


async def at_once(message: Message) -> Outcome:
    await asyncio.sleep(0)
    return SENT


@dataclass
class Office:
    """What stands for PostgreSQL: so many messages, and what was recorded of them."""

    people: int
    life: timedelta = timedelta(hours=1)
    ends: list[tuple[int, Outcome]] = field(default_factory=list)
    claimed: int = 0
    most: int = 0
    fails: int = 0  # the next records fail so often
    sendable: bool = True
    stopping: bool = False
    healthy: bool = True
    unfit: frozenset[int] = frozenset()

    async def claim(self, size: int) -> tuple[Sequence[Picked], timedelta]:
        await asyncio.sleep(0)
        first, self.claimed = self.claimed, min(self.people, self.claimed + size)
        self.most = max(self.most, self.claimed - len(self.ends))
        return [picked(seq, self.life) for seq in range(first, self.claimed)], timedelta()

    async def record(self, ends: Sequence[tuple[Picked, Outcome]]) -> bool:
        await asyncio.sleep(0)
        if self.fails:
            self.fails -= 1
            raise ConnectionRefusedError
        self.ends += [(each.seq, outcome) for each, outcome in ends]
        return self.healthy

    async def is_sendable(self) -> bool:
        return self.sendable

    def render(self, each: Picked) -> Message:
        if each.seq in self.unfit:
            raise Invalid("no name", reason="template_undefined")
        return Message(id=str(each.seq), channel=Channel.EMAIL, to=each.address)

    def stream(self, vendor: Lane) -> Stream:
        opened: Any = SimpleNamespace(
            vendor=vendor, lanes=Lanes(vendor.lanes), pace=Pace(vendor.lanes, vendor.max_batch)
        )
        desk = Desk(self.claim, self.record, self.is_sendable, self.render, lambda: self.stopping)
        return Stream(opened, desk)

    @property
    def verdicts(self) -> Counter[str]:
        return Counter(outcome.reason or outcome.verdict for _, outcome in self.ends)


def once_each(office: Office) -> bool:
    return sorted(seq for seq, _ in office.ends) == list(range(len(office.ends)))


async def test_everybody_is_recorded_once_and_doubt_is_bounded() -> None:
    office = Office(people=3_000)
    stream = office.stream(Lane(at_once))

    await stream.run()

    assert once_each(office)
    assert stream.counts == {"accepted": 3_000}
    assert office.most <= WINDOW * WINDOWS_AHEAD


async def test_a_record_that_fails_is_repeated_and_no_call_is() -> None:
    calls: Counter[str] = Counter()

    async def answer(message: Message) -> Outcome:
        calls[message.id] += 1
        return SENT

    office = Office(people=300, fails=2)
    await office.stream(Lane(answer)).run()

    assert once_each(office)
    assert set(calls.values()) == {1}


async def test_who_cannot_be_rendered_is_refused_and_holds_up_nobody() -> None:
    office = Office(people=100, unfit=frozenset({3, 99}))

    await office.stream(Lane(at_once)).run()

    assert once_each(office)
    assert office.verdicts == {"accepted": 98, "template_undefined": 2}


async def test_what_lives_too_shortly_for_a_call_is_released() -> None:
    office = Office(people=10, life=timedelta(seconds=5))

    await office.stream(Lane(at_once)).run()

    assert office.verdicts == {"released": 10}


async def test_an_account_that_rests_ends_the_pass() -> None:
    async def answer(message: Message) -> Outcome:
        return RESTS if message.id == "50" else SENT

    office = Office(people=5_000)
    stream = office.stream(Lane(answer))
    await stream.run()

    assert stream.rests
    assert office.verdicts["connect_failed"] == 1
    assert len(office.ends) < 1_000
    assert stream.opened.pace.in_doubt == 0  # what nobody took weighs no more


@pytest.mark.parametrize("how", ["stopping", "sendable"])
async def test_whoever_stops_it_nothing_new_is_taken(how: str) -> None:
    async def answer(message: Message) -> Outcome:
        if message.id == "20":
            office.stopping, office.sendable = how == "stopping", how != "sendable"
        await asyncio.sleep(0.01)
        return SENT

    office = Office(people=100_000)
    await office.stream(Lane(answer)).run()

    assert 20 < len(office.ends) < 2_000
    assert set(office.verdicts) == {"accepted"}


async def test_a_lane_that_breaks_leaves_what_it_had_in_doubt() -> None:
    async def answer(message: Message) -> Outcome:
        if message.id == "7":
            raise RuntimeError("a defect")
        return SENT

    office = Office(people=50)
    with pytest.raises(RuntimeError, match="a defect"):
        await office.stream(Lane(answer)).run()

    assert dict(office.ends)[7].verdict is Verdict.UNKNOWN
    assert len({seq for seq, _ in office.ends}) == len(office.ends)


async def test_two_campaigns_share_an_account() -> None:
    finished: list[int] = []
    vendor = Lane(at_once)
    one, other = Office(people=4_000), Office(people=4_000)
    first = one.stream(vendor)
    second = other.stream(vendor)
    second.opened = first.opened

    async def run(stream: Stream, n: int) -> None:
        await stream.run()
        finished.append(n)

    await asyncio.gather(run(first, 1), run(second, 2))

    assert once_each(one)
    assert once_each(other)
    assert sorted(finished) == [1, 2]


async def test_a_rate_makes_it_wait_and_ends_nothing() -> None:
    office = Office(people=3)
    waits = iter([timedelta(milliseconds=5)] * 3)
    claim = office.claim

    async def one_at_a_time(size: int) -> tuple[Sequence[Picked], timedelta]:
        if wait := next(waits, None):
            return (), wait
        return await claim(1)

    office.claim = one_at_a_time  # type: ignore[method-assign]
    await office.stream(Lane(at_once)).run()

    assert once_each(office)
    assert len(office.ends) == 3
