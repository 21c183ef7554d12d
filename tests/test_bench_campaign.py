"""The bench speaks to the product as it is now: keys, an account, an audience, an approval."""

from pathlib import Path

import httpx

from tests.bench.applications import application
from tests.bench.campaign_run import exact
from tests.bench.rig import Journal, Rig
from tests.bench.sinks import sink

PEOPLE = 20


async def test_a_campaign_of_the_benchs_own_arrives_at_its_sink(stack) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        facts = {"data": str(stack.data)}
        rig = Rig(stack.api, stack.api, "", Journal(Path()), {}, client, facts)
        with sink("smtp") as to:
            own = await application(rig, "smtp", to)
            campaign = await own.submitted(await own.upload(PEOPLE), PEOPLE)
            await own.approve(campaign)
            await own.until(campaign["id"], "completed")
            await exact(own, to, PEOPLE)
