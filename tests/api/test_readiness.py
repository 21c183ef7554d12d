"""Readiness, asked for by many at once: anybody may."""

import asyncio
from typing import Any

from counted_sessions import Counted

from api.readiness import Readiness


async def test_many_at_once_are_one_look(counted: Counted, at_once: Any) -> None:
    readiness = Readiness(counted)
    views = await at_once(200, lambda _: readiness.view())
    assert {view.status for view in views} == {"ready"}
    assert counted.asked == 1


async def test_who_asks_later_gets_a_look_of_their_own(counted: Counted) -> None:
    readiness = Readiness(counted)
    await readiness.view()
    await readiness.view()
    assert counted.asked == 2


async def test_who_goes_away_takes_it_from_nobody(counted: Counted) -> None:
    readiness = Readiness(counted)
    gone, stays = [asyncio.create_task(readiness.view()) for _ in range(2)]
    await asyncio.sleep(0)
    gone.cancel()
    assert (await stays).status == "ready"
