"""Twilio can be asked what it has: what is listed is sent, and no listed text settles two doubts.

A list that lacks a text proves nothing, so after a while the category decides.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from doubtful_faults import ARRIVED, NOT_ARRIVED
from own_application import account_at_vendor
from raw_peers import HttpPeer, answer, listening

from deploy.local.sandbox.faults import Fault
from workflows.start import wake

# As if it had been handed over longer ago than a look-up is worth: nobody waits a minute here.
AGE = """
UPDATE attempt SET started_at = started_at - interval '2 minutes'
WHERE owner_id = $1 AND outcome = 'unknown'
"""
LOOK_NOW = "UPDATE message SET next_at = now() WHERE owner_id = $1 AND phase = 'unknown'"


@pytest.fixture(scope="module")
async def cases(platform, vendors, new_application) -> dict[tuple[Fault, str], Any]:
    """All accepted, none awaited."""
    found = {}
    for n, fault in enumerate((*ARRIVED, *NOT_ARRIVED)):
        for m, category in enumerate(("transactional", "held")):
            account = vendors.twilio()
            app = await new_application(account)
            platform.fault("twilio", fault, account=account_at_vendor(account), times=1)
            to = f"+49151540{n}00{m}"
            found[fault, category] = app, await app.accept(to={"sms": to}, category=category), to
    return found


@pytest.mark.parametrize("category", ["transactional", "held"])
@pytest.mark.parametrize("fault", ARRIVED)
async def test_what_is_listed_is_sent_without_a_second_copy(
    platform, cases, fault, category
) -> None:
    app, id, to = cases[fault, category]

    view = await app.until(id, "sent", "failed", "unknown", when=lambda v: v["ended_at"])

    [effect] = platform.sandbox.desk.journal.index.find(to, "")
    [attempt] = view["messages"][0]["attempts"]
    assert view["status"] == "sent"
    assert (attempt["outcome"], attempt["reason"]) == ("accepted", "looked_up")
    assert attempt["vendor_id"] == effect.vendor_id
    kinds = [(e["kind"], e["reason"]) for e in view["timeline"]]
    assert ("sent", "looked_up") in kinds


@pytest.mark.parametrize(("category", "status"), [("transactional", "sent"), ("held", "unknown")])
@pytest.mark.parametrize("fault", NOT_ARRIVED)
async def test_what_is_not_listed_waits_and_then_the_category_decides(
    platform, cases, fault, category, status
) -> None:
    app, id, to = cases[fault, category]
    view = await app.until(id, "processing", when=in_doubt)
    assert "ended" not in [event["kind"] for event in view["timeline"]], "it waits first"

    await age(platform, app, id)
    view = await app.until(id, "sent", "failed", "unknown", when=lambda v: v["ended_at"])

    assert view["status"] == status
    outcomes = [a["outcome"] for a in view["messages"][0]["attempts"]]
    assert outcomes == {"sent": ["unknown", "accepted"], "unknown": ["unknown"]}[status]
    assert len(platform.arrived(to)) == outcomes.count("accepted")


async def test_a_look_up_that_fails_waits_and_then_the_category_decides(
    platform, vendors, new_application
) -> None:
    broken = HttpPeer(answer=answer(500, b"{}"))  # takes nothing, lists nothing
    async with listening(broken.talk) as port:
        app = await new_application(vendors.twilio(base_url=f"http://127.0.0.1:{port}"))
        id = await app.accept(to={"sms": "+4915155000009"}, category="held")
        await app.until(id, "processing", when=in_doubt)
        for looks in (1, 2):
            await look_now(platform, app, id)
            await until(lambda wanted=looks: gets(broken) >= wanted, 30)
        assert in_doubt(await app.seen(id))

        await age(platform, app, id)
        view = await app.until(id, "sent", "failed", "unknown", when=lambda v: v["ended_at"])

    assert view["status"] == "unknown"
    assert [a["outcome"] for a in view["messages"][0]["attempts"]] == ["unknown"]


async def two_alike(platform, vendors, new_application, to: str, *faults: Fault) -> Any:
    """One text twice to one number, the second once the first is in doubt; a fault for each."""
    account = vendors.twilio()
    app = await new_application(account)
    ids = []
    for fault in faults:
        platform.fault("twilio", fault, account=account_at_vendor(account), times=1)
        ids.append(await app.accept(to={"sms": to}, category="held"))
        await app.until(ids[-1], "processing", "sent", when=attempted)
    return app, ids


async def settled(platform, app, ids: list[str]) -> list[dict[str, Any]]:
    """How they end, once nobody waits for a list any more."""
    for id in ids:
        await age(platform, app, id)
    return [await app.until(id, "sent", "unknown", when=lambda v: v["ended_at"]) for id in ids]


async def test_of_two_alike_of_which_one_was_lost_none_is_settled_by_the_other(
    platform, vendors, new_application
) -> None:
    to = "+4915155000001"
    faults = (Fault.DISCONNECT_AFTER, Fault.DISCONNECT_BEFORE)
    app, ids = await two_alike(platform, vendors, new_application, to, *faults)

    views = await settled(platform, app, ids)

    assert len(platform.arrived(to)) == 1
    sids = [a["vendor_id"] for v in views for a in v["messages"][0]["attempts"] if a["vendor_id"]]
    assert len(sids) == [v["status"] for v in views].count("sent") <= 1
    assert views[1]["status"] == "unknown", "the lost one is not said to be sent"


async def test_a_text_that_is_lost_is_not_settled_by_one_like_it_that_was_answered(
    platform, vendors, new_application
) -> None:
    to = "+4915155000002"
    app, ids = await two_alike(
        platform, vendors, new_application, to, Fault.SLOW, Fault.DISCONNECT_BEFORE
    )
    await app.until(ids[0], "sent")

    views = await settled(platform, app, ids[1:])

    assert [v["status"] for v in views] == ["unknown"]
    assert len(platform.arrived(to)) == 1


async def test_two_alike_that_are_both_listed_are_both_sent(
    platform, vendors, new_application
) -> None:
    to = "+4915155000003"
    faults = (Fault.SILENCE_AFTER, Fault.DISCONNECT_AFTER)
    account = vendors.twilio()
    app = await new_application(account)
    for fault in faults:
        platform.fault("twilio", fault, account=account_at_vendor(account), times=1)
    ids = [await app.accept(to={"sms": to}, category="held") for _ in faults]

    views = [await app.until(id, "sent", "unknown", when=lambda v: v["ended_at"]) for id in ids]

    assert [v["status"] for v in views] == ["sent", "sent"]
    sids = {a["vendor_id"] for v in views for a in v["messages"][0]["attempts"]}
    assert sids == {e.vendor_id for e in platform.sandbox.desk.journal.index.find(to, "")}
    assert len(sids) == 2


async def look_now(platform, app, id: str) -> None:
    """Not in five seconds."""
    workflow_id = (await app.seen(id))["workflow_id"]  # its own, or one it shares
    await platform.api.database.execute(LOOK_NOW, workflow_id.partition("/")[2])
    assert await wake(platform.client, workflow_id)


async def age(platform, app, id: str) -> None:
    """Nobody looks for it any longer."""
    owner_id = (await app.seen(id))["workflow_id"].partition("/")[2]
    await platform.api.database.execute(AGE, owner_id)
    await look_now(platform, app, id)


def in_doubt(view: dict[str, Any]) -> bool:
    return any(m["phase"] == "unknown" for m in view["messages"])


def attempted(view: dict[str, Any]) -> bool:
    return any(m["attempts"] and m["phase"] != "sending" for m in view["messages"])


async def until(condition: Callable[[], bool], within_seconds: float) -> None:
    async with asyncio.timeout(within_seconds):
        while not condition():  # noqa: ASYNC110 - a peer's doing
            await asyncio.sleep(0.02)


def gets(peer: HttpPeer) -> int:
    return sum(request.startswith(b"GET ") for request in peer.requests)
