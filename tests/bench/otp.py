"""One-time passwords while a campaign of another application runs, its vendor well or hanging.

Times as in `rig`: from before the request is written to when the sandbox vendor has it on disk.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.bench.applications import Application, application
from tests.bench.campaign import PEOPLE, QUICK_PEOPLE
from tests.bench.campaign_run import arrived, exact
from tests.bench.figures import Figure, quantile
from tests.bench.rig import Rig, now
from tests.bench.sinks import Sink, sink

EVERY_SECONDS = 0.05
LATEST_SECONDS = 60.0
WARM_UP_SECONDS = 3.0


class Passwords:
    """One every 50 ms over the demo application's SMS account; when each was asked for."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.asked: dict[str, float] = {}
        self.tasks: list[asyncio.Task[None]] = []

    async def keep_asking(self) -> None:
        """Until cancelled; `times` waits for those that are still under way."""
        while True:
            self.tasks.append(asyncio.create_task(self._ask()))
            await asyncio.sleep(EVERY_SECONDS)

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


@asynccontextmanager
async def asked_meanwhile(rig: Rig, times: list[float]) -> AsyncIterator[None]:
    """Ask while the block runs, then add the times it took."""
    passwords = Passwords(rig)
    asking = asyncio.create_task(passwords.keep_asking())
    try:
        yield
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    times += await passwords.times()


async def otp(rig: Rig, quick: bool) -> list[Figure]:
    """Idle, under a campaign, idle, under a campaign whose vendor hangs; twice if not quick."""
    people = QUICK_PEOPLE if quick else PEOPLE
    seconds = 10.0 if quick else 30.0
    idle: list[float] = []
    healthy: list[float] = []
    hanging: list[float] = []
    await _idle(rig, [], WARM_UP_SECONDS)
    with sink("http") as to:
        own = await application(rig, "twilio", to)
        for _ in range(1 if quick else 2):
            await _idle(rig, idle, seconds)
            await _healthy(rig, own, to, people, healthy)
            await _idle(rig, idle, seconds)
            await _hanging(rig, own, to, people, hanging, seconds)
    return [
        Figure(f"otp_p{p}{name}", quantile(times, p / 100), "ms", quantile(idle, p / 100))
        for name, times in (("_under_campaign", healthy), ("_under_hanging_campaign", hanging))
        for p in (99, 50)
    ]


async def _idle(rig: Rig, times: list[float], seconds: float) -> None:
    await rig.quiet()
    async with asked_meanwhile(rig, times):
        await asyncio.sleep(seconds)


async def _healthy(rig: Rig, own: Application, to: Sink, people: int, times: list[float]) -> None:
    await to.reset()
    campaign = await own.submitted(await own.upload(people), people)
    await rig.quiet()
    async with asked_meanwhile(rig, times):
        await own.approve(campaign)
        await arrived(to, people)
    await own.until(campaign["id"], "completed")
    await exact(own, to, people)


async def _hanging(
    rig: Rig, own: Application, to: Sink, people: int, times: list[float], seconds: float
) -> None:
    campaign = await own.submitted(await own.upload(people), people)
    await to.reset()
    await to.hang()
    await rig.quiet()
    await own.approve(campaign)
    await to.until(lambda books: books["unanswered"] > 0, 60)
    async with asked_meanwhile(rig, times):
        await asyncio.sleep(seconds)
    await own.cancel(campaign["id"])
    await to.answer()
    await own.until(campaign["id"], "cancelled")
