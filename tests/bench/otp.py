"""One-time passwords while a campaign of another application runs, its vendor well or hanging.

Times as in `rig`: from before the request is written to when the sandbox vendor has it on disk.
They are asked for as often as takes a third of the processors while idle: asked for at the same
rate everywhere, they would wait for each other on a slow machine, campaign or not.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.bench.applications import Application, application
from tests.bench.campaign import PEOPLE, QUICK_PEOPLE
from tests.bench.campaign_run import arrived, exact
from tests.bench.figures import Figure, quantile
from tests.bench.rig import Rig, now
from tests.bench.sinks import Sink, sink

SHARE = 1 / 3  # of the processors: what 20 a second took on the machine of the other figures
WARM_UP_SECONDS, WARM_UP_EVERY_SECONDS = 10.0, 0.1
LATEST_SECONDS = 60.0


class Passwords:
    """One every so often over the demo application's SMS account; when each was asked for."""

    def __init__(self, rig: Rig, every_seconds: float) -> None:
        self.rig = rig
        self.every_seconds = every_seconds
        self.asked: dict[str, float] = {}
        self.tasks: list[asyncio.Task[None]] = []

    async def keep_asking(self) -> None:
        """Until cancelled; `times` waits for those that are still under way."""
        while True:
            self.tasks.append(asyncio.create_task(self._ask()))
            await asyncio.sleep(self.every_seconds)

    async def times(self) -> list[float]:
        """Milliseconds from request to vendor; one that never arrives is an error."""
        await asyncio.gather(*self.tasks)
        await self.rig.journal.all_of(list(self.asked), LATEST_SECONDS)
        return [(self.rig.journal.at[to] - at) * 1000 for to, at in self.asked.items()]

    async def _ask(self) -> None:
        to = self.rig.address()
        body = {"to": {"sms": to}, "template": "otp", "data": {"code": "123456"}}
        self.asked[to] = now()
        response = await self.rig.client.post(f"{self.rig.api}/v1/notifications", json=body)
        assert response.status_code == 202, response.text


@dataclass
class Condition:
    """What else goes on, and the milliseconds that passwords took meanwhile."""

    every_seconds: float
    times: list[float] = field(default_factory=list)

    def quantile(self, percent: int) -> float:
        return quantile(self.times, percent / 100)

    @asynccontextmanager
    async def asked_meanwhile(self, rig: Rig) -> AsyncIterator[None]:
        """Ask while the block runs, then add the times it took."""
        passwords = Passwords(rig, self.every_seconds)
        asking = asyncio.create_task(passwords.keep_asking())
        try:
            yield
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        self.times += await passwords.times()


async def otp(rig: Rig, quick: bool) -> list[Figure]:
    """Idle, under a campaign, idle, under a campaign whose vendor hangs; twice if not quick."""
    people = QUICK_PEOPLE if quick else PEOPLE
    seconds = 10.0 if quick else 30.0
    every = await _often(rig)
    idle, healthy, hanging = Condition(every), Condition(every), Condition(every)
    with sink("http") as to:
        own = await application(rig, "twilio", to)
        for _ in range(1 if quick else 2):
            await _idle(rig, idle, seconds)
            await _healthy(rig, own, to, people, healthy)
            await _idle(rig, idle, seconds)
            await _hanging(rig, own, to, people, hanging, seconds)
    busy = (("_under_campaign", healthy), ("_under_hanging_campaign", hanging))
    return [
        Figure("otp_rate", 1 / every, "/s"),
        *(
            Figure(f"otp_p{p}{name}", condition.quantile(p), "ms", idle.quantile(p))
            for name, condition in busy
            for p in (99, 50)
        ),
    ]


async def _often(rig: Rig) -> float:
    """Seconds between two; what everything does while idle counts as theirs."""
    warm = Condition(WARM_UP_EVERY_SECONDS)
    await _idle(rig, warm, 1)  # what is done for the first one only
    before, asked = sum(rig.cpu().values()), len(warm.times)
    await _idle(rig, warm, WARM_UP_SECONDS)
    spent = sum(rig.cpu().values()) - before
    return spent / (len(warm.times) - asked) / SHARE / (os.cpu_count() or 1)


async def _idle(rig: Rig, idle: Condition, seconds: float) -> None:
    await rig.quiet()
    async with idle.asked_meanwhile(rig):
        await asyncio.sleep(seconds)


async def _healthy(rig: Rig, own: Application, to: Sink, people: int, healthy: Condition) -> None:
    await to.reset()
    campaign = await own.submitted(await own.upload(people), people)
    await rig.quiet()
    async with healthy.asked_meanwhile(rig):
        await own.approve(campaign)
        await arrived(to, people)
    await own.until(campaign["id"], "completed")
    await exact(own, to, people)


async def _hanging(
    rig: Rig, own: Application, to: Sink, people: int, hanging: Condition, seconds: float
) -> None:
    campaign = await own.submitted(await own.upload(people), people)
    await to.reset()
    await to.hang()
    await rig.quiet()
    await own.approve(campaign)
    await to.until(lambda books: books["unanswered"] > 0, 60)
    async with hanging.asked_meanwhile(rig):
        await asyncio.sleep(seconds)
    await own.cancel(campaign["id"])
    await to.answer()
    await own.until(campaign["id"], "cancelled")
