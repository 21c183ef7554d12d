"""One notification from accepted to ended, over the real engine."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from temporalio.client import Client
from uuid_utils.compat import uuid7

from deploy.local.sandbox.faults import Fault
from models.workflow_start import WorkflowStart
from workflows.start import start, wake

TOGETHER = """
SELECT m.created_at = t.started_at FROM message m JOIN attempt t USING (owner_id, seq)
WHERE m.notification_id = $1 AND m.owner_id = $1
"""


def later(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).isoformat()


async def test_what_is_accepted_arrives_and_is_accounted_for(platform) -> None:
    id = await platform.accept(to={"email": "ada@example.com"})

    assert await platform.ended(id) == "ended"
    view = await platform.seen(id)
    assert view["status"] == "sent"
    assert platform.arrived("ada@example.com") == ["smtp"]
    assert [event["kind"] for event in view["timeline"]] == [
        "accepted",
        "queued",
        "handing_over",
        "sent",
        "ended",
    ]
    assert view["messages"][0]["attempts"][0]["outcome"] == "accepted"


async def test_a_single_one_is_decided_and_claimed_at_once(platform, database_url) -> None:
    """Its message was never anybody's to claim: it and its attempt are of one transaction."""
    id = await platform.accept(to={"email": "straight@example.com"})
    assert await platform.ended(id) == "ended"
    connection = await asyncpg.connect(database_url)
    try:
        assert await connection.fetchval(TOGETHER, UUID(id))
    finally:
        await connection.close()
    kinds = [event["kind"] for event in (await platform.seen(id))["timeline"]]
    assert kinds == ["accepted", "queued", "handing_over", "sent", "ended"]


async def test_operators_find_its_workflow_and_no_address_in_it(platform) -> None:
    id = await platform.accept(to={"email": "found@example.com"})
    assert await platform.ended(id) == "ended"

    described = await (await platform.workflow(id)).describe()
    history = await (await platform.workflow(id)).fetch_history()

    attributes = {key.name: value for key, value in described.typed_search_attributes}
    assert attributes["Priority"] == "medium"
    assert attributes["Channel"] == ["email"]
    assert attributes["Application"]
    assert attributes["Category"]
    assert await described.static_summary() == "notification, medium, email"
    assert "found@example.com" not in history.to_json()


async def test_first_moves_on_when_the_vendor_refuses_the_recipient(platform) -> None:
    to = {"email": "bounce+first@example.com", "sms": "+4915112340001"}

    id = await platform.accept(to=to, channel_mode="first", channels=["email", "sms"])

    view = await platform.until(id, "sent", "failed")
    assert view["status"] == "sent"
    assert [(m["channel"], m["result"]) for m in view["messages"]] == [
        ("email", "refused"),
        ("sms", "sent"),
    ]
    assert platform.arrived("+4915112340001") == ["twilio"]


async def test_first_stays_with_the_channel_that_works(platform) -> None:
    to = {"email": "stays@example.com", "sms": "+4915112340002"}

    id = await platform.accept(to=to, channel_mode="first", channels=["sms", "email"])

    assert await platform.ended(id) == "ended"
    view = await platform.seen(id)
    assert [m["channel"] for m in view["messages"]] == ["sms"]
    assert platform.arrived("stays@example.com") == []


async def test_first_ends_failed_when_every_channel_refuses(platform) -> None:
    to = {"email": "bounce+all@example.com", "sms": "+15005550001"}

    id = await platform.accept(to=to, channel_mode="first", channels=["email", "sms"])

    view = await platform.until(id, "sent", "failed")
    assert view["status"] == "failed"
    assert [m["result"] for m in view["messages"]] == ["refused", "refused"]


async def test_all_sends_on_every_channel(platform) -> None:
    to = {"email": "all@example.com", "sms": "+4915112340003", "telegram": "77003"}

    id = await platform.accept(to=to, channel_mode="all", channels=["email", "sms", "telegram"])

    assert await platform.ended(id) == "ended"
    assert (await platform.seen(id))["status"] == "sent"
    assert [platform.arrived(address) for address in to.values()] == [
        ["smtp"],
        ["twilio"],
        ["telegram"],
    ]


async def test_an_address_that_bounced_is_suppressed_from_then_on(platform) -> None:
    to = {"email": "bounce+again@example.com"}
    await platform.until(await platform.accept(to=to), "failed")

    view = await platform.until(await platform.accept(to=to), "suppressed", "failed", "sent")

    assert view["status"] == "suppressed"
    assert view["messages"][0]["attempts"] == []
    assert view["messages"][0]["reason"] == "smtp_550"


async def test_nothing_is_sent_before_its_time(platform) -> None:
    id = await platform.accept(to={"email": "later@example.com"}, send_at=later(seconds=2))

    assert (await platform.seen(id))["status"] == "scheduled"
    assert platform.arrived("later@example.com") == []
    view = await platform.until(id, "sent")

    sent = next(e for e in view["timeline"] if e["kind"] == "handing_over")
    assert datetime.fromisoformat(sent["at"]) >= datetime.fromisoformat(view["due_at"])


async def test_a_cancel_wakes_one_that_sleeps_for_an_hour(platform) -> None:
    id = await platform.accept(to={"email": "never@example.com"}, send_at=later(hours=1))
    workflow = await platform.workflow(id)

    answer = await platform.api.http.delete(f"/v1/notifications/{id}")

    assert answer.json()["outcome"] == "stopped"
    async with asyncio.timeout(10):
        assert await workflow.result() == "ended"
    assert (await platform.seen(id))["status"] == "cancelled"


async def test_a_vendors_delay_is_a_durable_timer(platform, events) -> None:
    platform.fault("telegram", Fault.BUSY, times=1, to="40010")

    id = await platform.accept(to={"telegram": "40010"})

    view = await platform.until(id, "sent")
    assert [a["outcome"] for a in view["messages"][0]["attempts"]] == ["retry", "accepted"]
    assert await platform.ended(id) == "ended"
    kinds = [kind for kind, _ in await events(await platform.workflow(id))]
    assert "timer_fired" in kinds


async def test_what_nobody_takes_ends_expired_and_is_not_sent_after(platform) -> None:
    platform.fault("telegram", Fault.UNAVAILABLE, to="40011")

    id = await platform.accept(to={"telegram": "40011"}, expires_in=15)

    view = await platform.until(id, "expired", "sent", "failed")
    assert view["status"] == "expired"
    assert platform.arrived("40011") == []


async def test_one_whose_owner_has_ended_returns_at_its_first_step(platform, events) -> None:
    id = await platform.accept(to={"email": "once@example.com"})
    assert await platform.ended(id) == "ended"
    row = await platform.api.database.fetchrow("SELECT * FROM owner WHERE id = $1", id)

    again = WorkflowStart(row["id"], row["application_id"], "medium", datetime.now(UTC))
    assert await start(platform.client, again, again=True)

    workflow = await platform.workflow(id)
    assert await workflow.result() == "ended"
    assert "deliver" not in [name for _, name in await events(workflow)]
    assert platform.arrived("once@example.com") == ["smtp"]


async def test_one_without_rows_returns_at_its_first_step(platform) -> None:
    stranger = WorkflowStart(uuid7(), uuid7(), "high", datetime.now(UTC))

    assert await start(platform.client, stranger)

    assert await platform.client.get_workflow_handle(stranger.workflow_id).result() == "gone"


@pytest.mark.parametrize("call", ["start", "wake"])
async def test_starting_and_waking_never_raise_while_temporal_is_away(free_tcp_port, call) -> None:
    away = await Client.connect(f"127.0.0.1:{free_tcp_port}", lazy=True)
    row = WorkflowStart(uuid7(), uuid7(), "high", datetime.now(UTC))

    done = await (start(away, row) if call == "start" else wake(away, row.workflow_id))

    assert done is False


@pytest.mark.parametrize("kind", ["notification", "batch"])
async def test_a_wake_with_anything_in_it_is_a_wake(platform, kind) -> None:
    body = {"to": {"email": f"woken-{kind}@example.com"}, "template": "welcome"}
    body |= {"data": {"name": "Ada"}, "send_at": later(hours=1)}
    if kind == "batch":
        id = (await platform.api.batch([body])).json()["items"][0]["id"]
    else:
        id = (await platform.api.send(body)).json()["id"]
    handle = await platform.workflow(id)

    await handle.signal("wake", args=["an operator's", {"words": 1}])
    await platform.api.http.delete(f"/v1/notifications/{id}")

    assert await platform.ended(id) == "ended"
