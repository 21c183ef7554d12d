"""Slots: bounded, by priority, and none is lost to a cancellation."""

import asyncio
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from activities.slots import Slots


async def hold(slots: Slots, log: list[str], name: str, priority: int) -> None:
    async with slots.taken(1, priority):
        log.append(name)
        await asyncio.sleep(0)


async def test_the_most_urgent_waiter_is_next_and_equals_keep_their_turn() -> None:
    slots, log = Slots(1), []
    async with slots.taken(1, 5):
        names = [("low", 5), ("medium", 3), ("high", 1), ("high too", 1)]
        waiting = [asyncio.create_task(hold(slots, log, *each)) for each in names]
        await asyncio.sleep(0)
        assert log == []
    await asyncio.gather(*waiting)

    assert log == ["high", "high too", "medium", "low"]


async def test_one_may_take_what_is_free_and_no_more() -> None:
    slots = Slots(5)
    async with slots.taken(3, 3) as first, slots.taken(9, 3) as second:
        assert (first, second) == (3, 2)
    async with slots.taken(9, 3) as all_of_them:
        assert all_of_them == 5


STEPS = st.lists(
    st.tuples(st.integers(1, 5), st.sampled_from((1, 3, 5)), st.booleans(), st.integers(0, 3)),
    min_size=1,
    max_size=25,
)


@given(size=st.integers(1, 4), steps=STEPS)
def test_no_slot_is_lost_or_taken_twice_whoever_is_cancelled(size: int, steps) -> None:
    async def story() -> None:
        slots, held = Slots(size), 0

        async def one(wanted: int, priority: int, turns: int) -> None:
            nonlocal held
            async with slots.taken(wanted, priority) as taken:
                assert 1 <= taken <= wanted
                held += taken
                assert held <= size
                try:
                    for _ in range(turns):
                        await asyncio.sleep(0)
                finally:
                    held -= taken

        tasks = []
        for wanted, priority, cancel, turns in steps:
            tasks.append(asyncio.create_task(one(wanted, priority, turns)))
            await asyncio.sleep(0)
            if cancel:
                tasks[len(tasks) // 2].cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        async with slots.taken(size, 5) as free:
            assert free == size

    asyncio.run(story())
