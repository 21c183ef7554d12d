"""What is accepted while a part is away: a one-time password that nobody takes; Temporal frozen."""

import asyncio
import signal
import statistics
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from faults.client import Client, requests
from faults.stack import Stack, until

CHAT = 70_999_001
LIFE_SECONDS, DOWN_SECONDS = 60, 90
MOST_MILLISECONDS = 100
FROZEN_SECONDS = 5
HELD_SECONDS, HELD_LONG_SECONDS = 3, 8  # below a call's deadline
LEASE_SECONDS = 60
CONTENT = {"telegram": {"text": "Your code is {{ code }}."}}

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
async def api(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {stack.facts['api_key']}"}
    async with httpx.AsyncClient(base_url=stack.facts["api"], headers=headers) as client:
        yield client


async def view(api: httpx.AsyncClient, id: str) -> dict[str, Any]:
    return (await api.get(f"/v1/notifications/{id}")).json()


@pytest.fixture(scope="module")
async def password(stack: Stack, api: httpx.AsyncClient) -> tuple[str, float]:
    """A one-time password whose vendor is down for longer than it lives; when it was sent."""
    rule = {"vendor": "telegram", "fault": "unavailable", "to": str(CHAT)}
    await stack.fault(**rule, seconds=DOWN_SECONDS)
    body = {
        "to": {"telegram": CHAT},
        "content": CONTENT,
        "data": {"code": "481516"},
        "category": "otp",
        "expires_in": LIFE_SECONDS,
    }
    answer = await api.post("/v1/notifications", json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"], time.monotonic()


async def test_with_temporal_frozen_the_api_accepts_at_once_and_all_is_delivered_after(
    stack: Stack, client: Client, password: tuple[str, float]
) -> None:
    await stack.signal("temporal", signal.SIGSTOP)
    milliseconds = []
    for body in requests(50, ["medium"]):
        body.pop("send_at", None)
        began = time.perf_counter()
        await client.send_one(body)
        milliseconds.append((time.perf_counter() - began) * 1000)
    median = statistics.median(milliseconds)
    print(f"\nTemporal frozen: 202 in {median:.1f} ms at the median of 50")
    await asyncio.sleep(FROZEN_SECONDS)  # the freeze itself: the relay has looked meanwhile
    unstarted = await stack.unstarted()
    await stack.signal("temporal", signal.SIGCONT)
    assert median < MOST_MILLISECONDS
    # What no workflow drives yet is written down as such.
    assert unstarted >= 50
    assert client.accepted == 50
    # All but the one that no vendor takes.
    await stack.until(lambda counts: counts.still_open <= 1, 60)


async def test_a_worker_that_wakes_after_its_lease_changes_nothing_of_what_others_did(
    stack: Stack, client: Client, password: tuple[str, float]
) -> None:
    before = await stack.doubts()
    held = await stack.hold(HELD_SECONDS)
    sent = asyncio.create_task(client.send(requests(100, ["low"])))
    await stack.until(lambda counts: counts.sending_low >= 20, 30)
    await stack.signal("worker bulk", signal.SIGSTOP)
    await sent
    await stack.lift(held)
    # Whatever it held is sent once more by the other one, and is under way when it wakes.
    held = await stack.hold(HELD_LONG_SECONDS)

    async def sent_again() -> bool:
        return await stack.sending_again() >= 2

    await until(sent_again, LEASE_SECONDS + 45, "nothing was sent again")
    again = await stack.sending_again()
    await stack.signal("worker bulk", signal.SIGCONT)
    await stack.lift(held)
    await stack.until(lambda counts: counts.still_open <= 1, LEASE_SECONDS)
    doubts = await stack.doubts() - before
    print(
        f"\na worker asleep for longer than its lease: {doubts} in doubt, {again} under way again"
    )
    code, words = await stack.audit(client.journal, complete=False)
    assert code == 0, words


async def test_a_password_that_nobody_takes_expires_and_is_not_sent_afterwards(
    stack: Stack, api: httpx.AsyncClient, password: tuple[str, float]
) -> None:
    id, sent_at = password
    async with asyncio.timeout(LIFE_SECONDS + 10):
        while (found := await view(api, id))["status"] in ("accepted", "processing"):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
    tries = len(found["messages"][0]["attempts"])
    print(f"\nvendor down for {DOWN_SECONDS} s: {found['status']}, {tries} attempts")
    assert found["status"] == "expired"
    assert tries >= 2
    # Until the vendor is up again, and a while beyond: this is the time in which nothing may come.
    await asyncio.sleep(max(0, sent_at + DOWN_SECONDS + 10 - time.monotonic()))
    assert (await view(api, id))["status"] == "expired"
    assert await stack.arrived(str(CHAT)) == 0
    again = await api.post(
        "/v1/notifications",
        json={"to": {"telegram": CHAT}, "content": {"telegram": {"text": "The vendor is up."}}},
    )
    async with asyncio.timeout(90):
        while (await view(api, again.json()["id"]))["status"] != "sent":  # noqa: ASYNC110
            await asyncio.sleep(0.5)
    assert await stack.arrived(str(CHAT)) == 1
