"""A paused account is given nothing more: by single notifications, nor by a campaign under way."""

import asyncio
from typing import Any

from own_application import OwnApplication, account_at_vendor
from own_campaigns import number

from deploy.local.sandbox.faults import Fault

PATH = "/v1/vendor-accounts"
CLAIMED_LATE = """
SELECT count(*) FROM attempt WHERE account_id = $1 AND started_at > $2
"""
NOW = "SELECT clock_timestamp()"
PAUSED_AT = "SELECT extract(epoch FROM paused_at)::float8 FROM vendor_account WHERE id = $1"
PROMISED_SECONDS = 2


async def ids_by_name(app: OwnApplication) -> dict[str, str]:
    items = (await app.ask("GET", PATH)).json()["items"]
    return {item["name"]: item["id"] for item in items}


def effects(platform: Any, to: str) -> list[Any]:
    return list(platform.sandbox.desk.journal.index.find(to, ""))


async def test_a_campaign_under_way_goes_on_through_the_next_one(
    platform, vendors, new_team
) -> None:
    first, second = vendors.twilio(rank=1), vendors.twilio(rank=2)
    team = await new_team(first, second)
    people = range(7_000_000, 7_000_300)
    id = await team.submitted(*people, per_second=200)
    await team.ada.until(id, "pending_approval")
    await team.grace.approve(id)
    await team.ada.counted(id, lambda counts: counts.get("sent", 0) >= 50)

    account = (await ids_by_name(team.app))[first.name]
    answer = await team.app.ask("POST", f"{PATH}/{account}/pause")

    assert answer.json()["state"] == "paused"
    answered_at = await platform.api.database.fetchval(NOW)
    await team.ada.until(id, "completed")
    assert await platform.api.database.fetchval(CLAIMED_LATE, account, answered_at) == 0
    paused_at = await platform.api.database.fetchval(PAUSED_AT, account)
    sent = effects(platform, number(people[0])[:9])
    assert sorted(effect.to for effect in sent) == [number(n) for n in people]
    through = {effect.account for effect in sent if effect.at > paused_at + PROMISED_SECONDS}
    assert through <= {account_at_vendor(second)}
    by_account = [
        sum(effect.account == account_at_vendor(a) for effect in sent) for a in (first, second)
    ]
    assert min(by_account) > 0, by_account


async def test_notifications_wait_for_the_only_one_and_go_when_it_is_resumed(
    platform, vendors, new_application
) -> None:
    only = vendors.twilio()
    app = await new_application(only)
    account = (await ids_by_name(app))[only.name]
    await app.until(await app.accept(to={"sms": number(7_100_000)}), "sent")  # it is in use

    await app.ask("POST", f"{PATH}/{account}/pause")
    answered_at = await platform.api.database.fetchval(NOW)
    ids = [await app.accept(to={"sms": number(7_100_001 + n)}) for n in range(3)]
    for id in ids:
        await app.until(id, "processing", when=lambda view: bool(view["messages"]))
    await asyncio.sleep(PROMISED_SECONDS)  # in which nothing may happen

    assert len(effects(platform, number(7_100_000)[:10])) == 1
    assert await platform.api.database.fetchval(CLAIMED_LATE, account, answered_at) == 0
    await app.ask("POST", f"{PATH}/{account}/resume")
    for id in ids:
        await app.until(id, "sent")


async def test_a_test_goes_through_exactly_its_account(platform, vendors, new_application) -> None:
    first, second = vendors.twilio(rank=1), vendors.twilio(rank=2)
    app = await new_application(first, second)
    account = (await ids_by_name(app))[second.name]

    answer = await app.ask("POST", f"{PATH}/{account}/test-send", json={"to": number(7_200_000)})
    view = await app.until(answer.json()["notification_id"], "sent")

    assert [a["account"] for a in view["messages"][0]["attempts"]] == [second.name]
    [effect] = effects(platform, number(7_200_000))
    assert effect.account == account_at_vendor(second)
    assert second.name in effect.text


async def test_a_test_that_its_account_does_not_take_goes_nowhere_else(
    platform, vendors, new_application
) -> None:
    first, second = vendors.twilio(rank=1), vendors.twilio(rank=2)
    app = await new_application(first, second)
    account = (await ids_by_name(app))[first.name]
    platform.fault("twilio", Fault.UNAVAILABLE, account=account_at_vendor(first))

    answer = await app.ask("POST", f"{PATH}/{account}/test-send", json={"to": number(7_300_000)})
    id = answer.json()["notification_id"]
    view = await app.until(
        id,
        "processing",
        when=lambda v: any(a["outcome"] for m in v["messages"] for a in m["attempts"]),
    )

    assert {a["account"] for a in view["messages"][0]["attempts"]} == {first.name}
    platform.sandbox.desk.faults.rules.clear()
    view = await app.until(id, "sent")
    assert {a["account"] for a in view["messages"][0]["attempts"]} == {first.name}
