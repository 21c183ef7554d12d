"""What keys cost that are none: few queries, and no good key is refused for them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from api_in_process import Api
from counted_sessions import Counted

from api.key_cache import KEPT, KeyCache
from models import keys


@pytest.fixture
async def cache(counted: Counted) -> AsyncIterator[KeyCache]:
    cache = KeyCache(counted)
    yield cache
    await cache.close()


async def test_a_thousand_that_come_together_are_looked_up_together(
    cache: KeyCache, counted: Counted, at_once: Any
) -> None:
    assert set(await at_once(1_000, lambda _: cache.find(keys.new()))) == {None}
    assert counted.asked <= 2


async def test_a_flood_of_keys_each_another_is_few_queries(
    cache: KeyCache, counted: Counted, at_once: Any
) -> None:
    async def caller(_: int) -> None:
        for _ in range(20):
            assert await cache.find(keys.new()) is None

    await at_once(50, caller)

    assert counted.asked <= 50  # of a thousand keys


async def test_one_that_is_sent_again_is_not_looked_up_again(
    cache: KeyCache, counted: Counted
) -> None:
    key = keys.new()
    for _ in range(200):
        assert await cache.find(key) is None
    assert counted.asked <= 10


async def test_a_new_key_works_at_once_in_the_midst_of_a_flood(
    api: Api, cache: KeyCache, counted: Counted
) -> None:
    async def flood() -> None:
        while True:
            await cache.find(keys.new())

    floods = [asyncio.create_task(flood()) for _ in range(20)]
    for _ in range(5):
        new = await api.new_key("keys:read")
        owner = await cache.find(new)
        assert owner
        assert owner.scopes == {"keys:read"}
    for task in floods:
        task.cancel()


async def test_one_that_was_sent_too_early_works_soon(
    api: Api, cache: KeyCache, until: Any
) -> None:
    key = await api.new_key()
    taken = "UPDATE api_key SET sha256 = $2 WHERE sha256 = $1"
    digest = keys.digest(key)
    await api.database.execute(taken, digest, digest[::-1])
    assert await cache.find(key) is None
    await api.database.execute(taken, digest[::-1], digest)
    assert await until(lambda: cache.find(key))


async def test_who_goes_away_takes_no_answer_from_others(api: Api, cache: KeyCache) -> None:
    key = await api.new_key()
    gone, stays = [asyncio.create_task(cache.find(key)) for _ in range(2)]
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays


async def test_what_is_kept_of_them_is_bounded(cache: KeyCache, at_once: Any) -> None:
    for _ in range(3):
        await at_once(KEPT // 2, lambda _: cache.find(keys.new()))
    assert len(cache._unknown) == KEPT
