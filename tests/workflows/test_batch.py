"""Many notifications under one owner."""

from datetime import UTC, datetime, timedelta

from api_in_process import welcome


def to(n: int, name: str) -> dict[str, object]:
    return {"to": {"email": f"{name}{n}@example.com"}}


async def test_every_item_arrives_once_by_one_workflow(platform, events) -> None:
    answer = await platform.api.batch([welcome(**to(n, "many")) for n in range(30)])
    ids = [item["id"] for item in answer.json()["items"]]

    assert await platform.ended(ids[0]) == "ended"

    assert {(await platform.seen(id))["status"] for id in ids} == {"sent"}
    assert [platform.arrived(f"many{n}@") for n in range(30)] == [["smtp"]] * 30
    names = [name for _, name in await events(await platform.workflow(ids[0]))]
    assert names.count("deliver") == 1
    summary = await (await (await platform.workflow(ids[0])).describe()).static_summary()
    assert summary == "30 notifications, medium, email"


async def test_one_that_waits_holds_up_no_other(platform) -> None:
    due = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    items = [welcome(**to(1, "soon")), welcome(send_at=due, **to(2, "soon"))]
    ids = [item["id"] for item in (await platform.api.batch(items)).json()["items"]]

    await platform.until(ids[0], "sent")
    assert (await platform.seen(ids[1]))["status"] == "scheduled"

    await platform.until(ids[1], "sent")
    assert await platform.ended(ids[0]) == "ended"


async def test_one_can_be_cancelled_among_others(platform) -> None:
    due = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    items = [welcome(send_at=due, **to(n, "some")) for n in range(3)]
    ids = [item["id"] for item in (await platform.api.batch(items)).json()["items"]]

    answer = await platform.api.http.delete(f"/v1/notifications/{ids[1]}")

    assert answer.json()["outcome"] == "stopped"
    assert await platform.ended(ids[0]) == "ended"
    statuses = [(await platform.seen(id))["status"] for id in ids]
    assert statuses == ["sent", "cancelled", "sent"]
    assert platform.arrived("some1@example.com") == []


async def test_a_bad_recipient_ends_alone(platform) -> None:
    items = [
        welcome(to={"email": address})
        for address in ("good1@example.com", "bounce+b@example.com", "good2@example.com")
    ]
    ids = [item["id"] for item in (await platform.api.batch(items)).json()["items"]]

    assert await platform.ended(ids[0]) == "ended"

    statuses = [(await platform.seen(id))["status"] for id in ids]
    assert statuses == ["sent", "failed", "sent"]
