"""Every part is killed, frozen or emptied in the middle of the work; then the books must agree.

One stack for all of it. A kill's test ends when the part is back: what it left behind is awaited by
the tests below, which come last on purpose.
"""

import asyncio
import signal
from datetime import datetime

import pytest
from faults.client import Client, requests
from faults.stack import VENDORS, Stack, until

SIZE = 500
# Workers last: what a dead one held stays `sending` for a lease, and would pass for work under way.
PARTS = ("api", "relay", "temporal", "postgres", "worker urgent", "worker bulk")
SENDING = {"worker urgent": "sending_urgent", "worker bulk": "sending_low"}
HELD_SECONDS = 4.0  # below a call's deadline: it must answer in the end
FROZEN_SECONDS = 6
LEASE_SECONDS = 60
# The vendor has the message, and the sender is not told.
BREAKS = ("disconnect_after", "reset_after")
BREAKS_EACH = 3

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def kills() -> dict[str, datetime]:
    """When each part was killed."""
    return {}


@pytest.fixture(scope="module")
def breaks() -> list[int]:
    """How many doubts the vendors' breaking off has made."""
    return []


async def test_a_vendor_that_has_a_message_and_breaks_off_leaves_a_doubt(
    stack: Stack, client: Client, breaks: list[int]
) -> None:
    for vendor in VENDORS:
        for fault in BREAKS:
            await stack.fault(vendor=vendor, fault=fault, times=BREAKS_EACH)
    await client.send(requests(90))
    met = doubts = 0

    async def all_met() -> bool:
        nonlocal met, doubts
        met, doubts = await stack.met(BREAKS), await stack.doubts()
        return met >= BREAKS_EACH * len(BREAKS) * 3 and doubts == met

    await until(all_met, 60, lambda: f"{met} broke off, {doubts} in doubt")
    await stack.lift()
    await until(all_met, 60, lambda: f"{met} broke off, {doubts} in doubt")  # and no more will
    print(f"\n{met} were broken off after the vendor had the message: {doubts} in doubt")
    breaks.append(doubts)


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_that_is_killed_in_the_middle_comes_back(
    stack: Stack, client: Client, kills: dict[str, datetime], part: str
) -> None:
    sending = SENDING.get(part, "sending")
    await stack.hold(HELD_SECONDS)
    before = client.accepted
    sent = asyncio.create_task(client.send(requests(SIZE)))
    at_kill = await stack.until(
        lambda c: (
            client.accepted - before >= SIZE // 4 and c.unsent >= 50 and getattr(c, sending) >= 1
        ),
        60,
    )
    accepted = client.accepted - before
    kills[part] = await stack.signal(part, signal.SIGKILL)
    print(
        f"\n{part} killed: {accepted} of {SIZE} accepted, {at_kill.unsent} unsent,"
        f" {at_kill.sending} sending"
    )
    assert at_kill.unsent >= 50
    assert at_kill.sending >= 1
    await stack.lift()
    assert len(set(await sent)) == SIZE
    await stack.all_well()


async def test_a_store_that_is_deleted_loses_nothing(stack: Stack, client: Client) -> None:
    await stack.hold(HELD_SECONDS)
    sent = asyncio.create_task(client.send(requests(200)))
    await stack.until(lambda c: c.still_open >= 150, 30)
    store = stack.folder / "temporal"
    # Unlinked before the kill: whoever restarts it at once finds nothing.
    for file in store.glob("temporal.db*"):
        file.unlink()
    await stack.signal("temporal", signal.SIGKILL)
    await stack.lift()
    assert len(await sent) == 200
    still_open = (await stack.counts()).still_open
    print(f"\nTemporal's store deleted: {still_open} open")
    assert still_open >= 1
    await stack.all_well()


@pytest.mark.parametrize("part", ["postgres", "temporal"])
async def test_a_freeze_and_its_end_lose_nothing(stack: Stack, client: Client, part: str) -> None:
    await stack.hold(1)
    sent = asyncio.create_task(client.send(requests(100)))
    found = await stack.until(lambda c: c.unsent >= 20 and c.sending >= 1, 30)
    await stack.signal(part, signal.SIGSTOP)
    await asyncio.sleep(FROZEN_SECONDS)  # the freeze itself, not a wait for anything
    await stack.signal(part, signal.SIGCONT)
    print(f"\n{part} frozen for {FROZEN_SECONDS} s: {found.unsent} unsent, {found.sending} sending")
    await stack.lift()
    assert len(await sent) == 100
    await stack.all_well()


async def test_all_end_and_nothing_is_in_doubt_but_what_a_killed_worker_had_in_flight(
    stack: Stack, kills: dict[str, datetime], breaks: list[int]
) -> None:
    await stack.until(lambda c: c.still_open == 0, LEASE_SECONDS + 60)
    explained = sum(breaks)
    for part in SENDING:
        in_flight, in_doubt = await stack.in_flight(kills[part], bulk=part == "worker bulk")
        print(f"\n{part} killed with {in_flight} in flight: {in_doubt} in doubt", end="")
        assert in_doubt <= in_flight
        explained += in_doubt
    doubts = await stack.doubts()
    print(f"\n{doubts} in doubt in all; the kills of the other parts left {doubts - explained}")
    assert doubts == explained, f"{kills}\n{await stack.each_doubt()}"


async def test_a_worker_that_is_asked_to_stop_leaves_nothing_in_doubt(
    stack: Stack, client: Client
) -> None:
    before = await stack.doubts()
    await stack.hold(2)
    sent = asyncio.create_task(client.send(requests(200, ["medium"])))
    found = await stack.until(lambda c: c.unsent >= 50 and c.sending_urgent >= 1, 30)
    at = await stack.signal("worker urgent", signal.SIGTERM)
    await stack.lift()
    await sent
    await stack.until(lambda c: c.still_open == 0, LEASE_SECONDS + 30)
    in_flight, in_doubt = await stack.in_flight(at, bulk=False)
    print(f"\nworker stopped: {found.unsent} unsent, {in_flight} in flight, {in_doubt} in doubt")
    assert in_flight >= 1
    assert await stack.doubts() == before


async def test_in_the_end_the_books_agree(stack: Stack, client: Client) -> None:
    code, words = await stack.audit(client.journal)
    print(f"\n{client.accepted} accepted, {client.repeated} calls asked again\n{words}")
    assert code == 0, words
