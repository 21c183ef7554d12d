"""The inner loop of a campaign: claim ahead, hand over through lanes, record behind; all at once.

A `Source` for the vendor's lanes. What is claimed and not recorded is bounded: that is what a kill
leaves in doubt. The rule a newcomer would break: whatever was taken gets its outcome recorded, and
what was not taken is released by its token, whatever stops us.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from activities.accounts import OpenAccount
from activities.handover import account_rests
from activities.pace import until_written
from models.clock import LeaseClock
from models.errors import TidingsError
from models.messages import RELEASED, Message, Outcome, Verdict
from models.repositories.campaign_messages import Picked

log = structlog.get_logger()

TURN_SECONDS = 1.0  # then a lane leaves its place to others of the account
MORE_SECONDS = 0.02  # or when nothing more comes within this time
RECORD_FROM = 100  # fewer wait a moment for more
RECORD_WAIT_SECONDS = 0.01
WATCH_SECONDS = 0.5

Ends = Sequence[tuple[Picked, Outcome]]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the stream asks of its activity.

    `claim(size)`: the next window; an empty one with how long its rate makes it wait, or with no
    time at all: nothing is due any more. `record`: is the account still in order?
    """

    claim: Callable[[int], Awaitable[tuple[Sequence[Picked], timedelta]]]
    record: Callable[[Ends], Awaitable[bool]]
    sendable: Callable[[], Awaitable[bool]]
    render: Callable[[Picked], Message]
    stopping: Callable[[], bool]


class Stream:
    """One pass over a shard's due messages, through one account."""

    def __init__(self, opened: OpenAccount, desk: Desk) -> None:
        self.opened = opened
        self.desk = desk
        self.counts: Counter[str] = Counter()
        self.rests = False  # the account takes no more
        self._ready: deque[tuple[Picked, LeaseClock]] = deque()
        self._out: dict[str, Picked] = {}  # with a lane, by message id
        self._ends: list[tuple[Picked, Outcome]] = []
        self._in_doubt = 0  # claimed and not yet recorded; of this stream
        self._all_claimed = False
        self._halted = False
        self._closing = False
        self._more, self._ended = asyncio.Event(), asyncio.Event()
        self._turns: dict[asyncio.Task[object] | None, float] = {}

    # What the lanes ask for.

    async def take(self, most: int) -> Sequence[Message]:
        """Up to `most` that may be handed over now; empty: no more for this lane."""
        while not self._must_stop() and not self._turn_is_over():
            if batch := self._rendered(most):
                return batch
            if self._all_claimed and not self._ready:
                break
            wanted = self.opened.lanes.waiting > 0  # others may have something to send
            self._more.clear()
            await _within(self._more.wait(), MORE_SECONDS if wanted else WATCH_SECONDS)
            if wanted and not self._ready:
                break
        return []

    def take_ready(self) -> Message | None:
        """One that is there already; None while the lane should come back to `take`."""
        if self._must_stop() or self._turn_is_over():
            return None
        return next(iter(self._rendered(1)), None)

    def done(self, message: Message, outcome: Outcome) -> None:
        """Recorded soon, with others."""
        self._end(self._out.pop(message.id), outcome)

    # What runs beside them.

    async def run(self) -> None:
        """Until nothing is due, the account rests, or nothing may be sent."""
        recorder = asyncio.create_task(self._record())
        watcher = asyncio.create_task(self._watch())
        claimer = asyncio.create_task(self._claim())
        lanes = [asyncio.create_task(self._lane()) for _ in range(self.opened.vendor.lanes)]
        ended = await asyncio.gather(*lanes, return_exceptions=True)
        self._halted = True
        watcher.cancel()
        await asyncio.gather(claimer, return_exceptions=True)
        for picked in self._out.values():  # of a lane that broke: it may have gone
            self._end(picked, Outcome(Verdict.UNKNOWN, reason="lane_lost"))
        self._out.clear()
        self._closing = True
        self._ended.set()
        await recorder
        self.opened.pace.released(self._in_doubt)  # what no lane took goes back by its token
        claimer.result()
        for error in ended:
            if isinstance(error, BaseException):
                raise error

    async def _lane(self) -> None:
        task = asyncio.current_task()
        while not self._must_stop() and not (self._all_claimed and not self._ready):
            async with self.opened.lanes.one():
                self._turns[task] = time.monotonic() + TURN_SECONDS
                await self.opened.vendor.run_lane(self)

    async def _claim(self) -> None:
        try:
            while not self._must_stop():
                if not (size := self.opened.pace.room()):
                    await _within(self.opened.pace.change())
                elif not await self._claimed(size):
                    break
        finally:
            self._all_claimed = True
            self._more.set()

    async def _claimed(self, size: int) -> bool:
        """Claim a window, or wait for its rate. False: nothing is due any more."""
        clock = LeaseClock()  # before the claim: it ends before the database's lease
        self.opened.pace.claimed(size)  # before it is asked: others ask meanwhile
        self._in_doubt += size
        picked, wait = await self.desk.claim(size)
        self._in_doubt -= size - len(picked)
        self.opened.pace.released(size - len(picked))
        self._ready.extend((each, clock) for each in picked)
        self._more.set()
        if not picked:
            await asyncio.sleep(min(wait.total_seconds(), WATCH_SECONDS))
        return bool(picked or wait)

    async def _record(self) -> None:
        while not self._closing or self._ends:
            await self._ended.wait()
            if len(self._ends) < RECORD_FROM and not self._closing:
                await asyncio.sleep(RECORD_WAIT_SECONDS)
            if not self._closing:
                self._ended.clear()
            ends, self._ends = self._ends, []
            if ends:
                await self._recorded(ends)

    async def _recorded(self, ends: Ends) -> None:
        async def write() -> bool:
            return await self.desk.record(ends)

        self.rests |= not await until_written(write)
        self.counts.update(outcome.verdict.value for _, outcome in ends)
        self._in_doubt -= len(ends)
        self.opened.pace.recorded(len(ends))

    async def _watch(self) -> None:
        """Paused, cancelled, edited: nothing new within two seconds."""
        while not self._halted:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                self._halted |= not await self.desk.sendable()
            except Exception as error:  # noqa: BLE001 - PostgreSQL is away: so is the next claim
                log.warning("campaign_not_watched", error=type(error).__name__)

    def _rendered(self, most: int) -> list[Message]:
        batch: list[Message] = []
        while self._ready and len(batch) < most:
            picked, clock = self._ready.popleft()
            if not clock.allows_a_call(picked.life):
                self._end(picked, RELEASED)
                continue
            try:
                message = self.desk.render(picked)
            except TidingsError as error:  # this one's data do not fit its template
                outcome = Outcome(Verdict.REFUSED, reason=error.reason, detail=str(error))
                self._end(picked, outcome)
            except Exception:  # a defect of ours, for somebody to mend before it expires
                log.exception("not_rendered", seq=picked.seq)
                self._end(picked, Outcome(Verdict.RETRY, reason="not_rendered"))
            else:
                self._out[message.id] = picked
                batch.append(message)
        return batch

    def _end(self, picked: Picked, outcome: Outcome) -> None:
        self.rests |= account_rests(outcome)
        self._ends.append((picked, outcome))
        self._ended.set()

    def _must_stop(self) -> bool:
        return self._halted or self.rests or self.desk.stopping()

    def _turn_is_over(self) -> bool:
        ends = self._turns.get(asyncio.current_task())
        return ends is not None and self.opened.lanes.waiting > 0 and time.monotonic() > ends


async def _within(change: Coroutine[Any, Any, object], seconds: float = WATCH_SECONDS) -> None:
    """Wait for it, but look around from time to time."""
    with suppress(TimeoutError):
        await asyncio.wait_for(change, seconds)
