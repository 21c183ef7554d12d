"""Every part is killed in the middle of a campaign of 20,000; then everybody has got it once."""

import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest
from faults.campaign import Campaign
from faults.stack import Stack

from deploy.local.sandbox.journal import FILE, read

PEOPLE, FEW = 20_000, 3_000
PARTS = ("temporal", "postgres", "api", "worker bulk")
LEASE_SECONDS = 60

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
async def campaign(stack: Stack) -> AsyncIterator[Campaign]:
    campaign = await Campaign.of(stack)
    yield campaign
    await campaign.close()


def people(name: str, count: int) -> Iterator[str]:
    return (f"{name}-{n}@example.com" for n in range(count))


def arrived(stack: Stack, name: str) -> Counter[str]:
    """What the vendors have on disk, by recipient."""
    effects = read(stack.folder / "sandbox" / FILE)
    return Counter(effect.to for effect in effects if effect.to.startswith(f"{name}-"))


async def test_a_worker_that_is_asked_to_stop_leaves_nothing_in_doubt(
    stack: Stack, campaign: Campaign
) -> None:
    await campaign.start(people("few", FEW))
    await campaign.progress(lambda counts: counts.get("sent", 0) >= FEW // 4, 60)
    under_way = await campaign.sending()
    await stack.signal("worker bulk", signal.SIGTERM)
    await campaign.until(lambda c: c["status"] == "completed", LEASE_SECONDS + 60)

    print(f"\nworker bulk asked to stop with {under_way} claimed: {await campaign.results()}")
    assert await campaign.results() == {"sent": FEW}
    assert arrived(stack, "few") == Counter(people("few", FEW))
    await stack.all_well()


async def test_whatever_is_killed_everybody_gets_it_once(stack: Stack, campaign: Campaign) -> None:
    await campaign.start(people("many", PEOPLE))
    in_flight = 0
    for n, part in enumerate(PARTS, 1):
        goal = PEOPLE * n // (len(PARTS) + 2)
        await campaign.progress(lambda counts, goal=goal: counts.get("sent", 0) >= goal, 120)  # type: ignore[misc]
        await stack.signal(part, signal.SIGKILL)
        if part == "worker bulk":
            in_flight = await campaign.sending()
        print(f"\n{part} killed after {goal} sent", end="")
        await stack.all_well()
    await campaign.until(lambda c: c["status"] == "completed", LEASE_SECONDS + 120)

    results = await campaign.results()
    unknown = results.get("unknown", 0)
    print(f"\nkilled with {in_flight} claimed: {results}")
    assert sum(results.values()) == PEOPLE
    assert set(results) <= {"sent", "unknown"}
    assert unknown <= in_flight
    effects = arrived(stack, "many")
    assert max(effects.values()) == 1
    assert results["sent"] <= len(effects) <= results["sent"] + unknown
    assert set(effects) <= set(people("many", PEOPLE))
