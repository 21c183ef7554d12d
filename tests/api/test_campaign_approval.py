"""Approvals: of what was seen, in time, once; and void after an edit. By hand, step by step."""

import asyncio
from datetime import timedelta

import pytest
from midnights import midnight
from own_campaigns import number
from pending_campaigns import pending_of, refused


async def test_another_hash_is_of_something_else(team, pending) -> None:
    await refused(await team.grace.approve(pending, "0" * 64), 409, "changed")

    assert await team.ada.refusals(pending) == [("grace@example.com", "changed")]
    for hash in ("", "A" * 64, "0" * 63, None):
        answer = await team.grace.do(pending, "approve", hash=hash)
        assert (answer.status_code, answer.json()["field"]) == (422, "hash")


async def test_an_approval_counts_once(team, pending) -> None:
    hash = (await team.grace.see(pending))["content_hash"]
    assert (await team.grace.approve(pending)).status_code == 200

    for person in (team.grace, team.joan):
        await refused(await person.approve(pending, hash), 409, "is_scheduled")

    assert len((await team.ada.see(pending))["approvals"]) == 1


async def test_of_many_approvals_at_once_one_counts(team, hands) -> None:
    for _ in range(5):
        id = await pending_of(team, hands)
        hash = (await team.ada.see(id))["content_hash"]

        answers = await asyncio.gather(*[team.grace.approve(id, hash) for _ in range(6)])

        assert sorted(a.status_code for a in answers) == [200, *[409] * 5]
        view = await team.ada.see(id)
        assert (view["status"], len(view["approvals"])) == ("scheduled", 1)
        kinds = [event["kind"] for event in await team.ada.events(id)]
        assert (kinds.count("approved"), kinds.count("approval_refused")) == (1, 5)


async def test_after_its_time_nobody_approves(team, hands, api, pending) -> None:
    hash = (await team.ada.see(pending))["content_hash"]
    code = (await team.grace.do(pending, "approval-code", hash=hash)).json()["code"]
    await api.database.execute("UPDATE campaign SET lapses_at = now() WHERE id = $1", pending)

    await refused(await team.grace.approve(pending), 409, "lapsed")
    assert await hands.signal(pending, "grace@example.com", code) == "lapsed"
    assert (await hands.step(pending)).status == "lapsed"
    await refused(await team.grace.approve(pending, hash), 409, "lapsed")

    assert (await team.ada.see(pending))["status"] == "lapsed"
    assert [reason for _, reason in await team.ada.refusals(pending)] == ["lapsed"] * 3
    await team.ada.gets("POST", f"/{pending}/submit", 202)
    await hands.prepare(pending)
    await refused(await team.grace.approve(pending, hash), 409, "changed")
    assert (await team.grace.approve(pending)).status_code == 200


async def test_a_reminder_comes_once_and_before_the_end(team, hands, api, pending) -> None:
    first = await hands.step(pending)
    lapses_at = "lapses_at = now() + approval_within / 5"
    await api.database.execute(f"UPDATE campaign SET {lapses_at} WHERE id = $1", pending)

    for _ in range(2):
        step = await hands.step(pending)

    assert first.until is not None
    assert step.until is not None
    assert [e["kind"] for e in await team.ada.events(pending)].count("approval_reminder") == 1


async def test_another_time_for_approval_counts_from_the_submission_as_well(
    team, hands, api, pending
) -> None:
    times = "SELECT lapses_at, approval_within FROM campaign WHERE id = $1"
    before = await api.database.fetchrow(times, pending)

    await team.ada.edit(pending, approval_within=60)

    after = await api.database.fetchrow(times, pending)
    less = before["approval_within"] - timedelta(minutes=1)
    assert before["lapses_at"] - after["lapses_at"] == less
    assert (await hands.step(pending)).until < after["lapses_at"], "who decides is reminded"


async def test_what_was_rejected_is_edited_and_submitted_again(team, hands, pending) -> None:
    hash = (await team.ada.see(pending))["content_hash"]

    answer = await team.grace.do(pending, "reject", hash=hash, reason="the wrong name")

    view = answer.json()
    assert (view["status"], view["reason"]) == ("rejected", "the wrong name")
    assert view["approvals"][0]["reason"] == "the wrong name"
    await refused(await team.joan.approve(pending, hash), 409, "is_rejected")
    assert (await hands.step(pending)).kind == "ended"
    assert (await team.ada.edit(pending, data={"name": "all"})).json()["status"] == "draft"
    await refused(await team.joan.approve(pending, hash), 409, "is_draft")
    await team.ada.gets("POST", f"/{pending}/submit", 202)
    await hands.prepare(pending)
    await refused(await team.joan.approve(pending, hash), 409, "changed")
    answer = await team.grace.approve(pending)
    assert answer.json()["status"] == "scheduled", "who rejected it may approve it as it is now"


EDITS = [
    {"data": {"name": "all"}},
    {"content": {"sms": {"text": "other"}}},
    {"audience": {"recipients": [{"to": number(5), "name": "E"}]}},
    {"send_at": midnight(30)},
    {"off_hours": True},
    {"expires_in": 60},
    {"canary": {"percent": 5}},
    {"category": "transactional"},
]


@pytest.mark.parametrize("changes", EDITS, ids=lambda changes: next(iter(changes)))
async def test_an_edit_makes_the_approval_void(team, hands, pending, changes) -> None:
    before = await team.ada.see(pending)
    await team.grace.approve(pending)

    edited = (await team.joan.edit(pending, **changes)).json()

    assert (edited["status"], edited["content_hash"]) == ("validating", None)
    assert (edited["approvals"], edited["approved_at"]) == ([], None)
    assert await hands.prepare(pending) == "pending_approval"
    view = await team.ada.see(pending)
    assert view["content_hash"] != before["content_hash"]
    assert view["approvals"] == []
    await refused(await team.grace.approve(pending, before["content_hash"]), 409, "changed")
    await refused(await team.joan.approve(pending), 403, "own_campaign")
    assert (await hands.step(pending)).kind == "wait"
    assert (await team.grace.approve(pending)).json()["status"] == "scheduled"


async def test_changed_and_changed_back_is_not_what_was_approved(team, hands, pending) -> None:
    hash = (await team.ada.see(pending))["content_hash"]
    await team.grace.approve(pending)
    for name in ("all", "x"):
        await team.ada.edit(pending, data={"name": name})
    await team.ada.edit(pending, data={})

    await hands.prepare(pending)

    await refused(await team.joan.approve(pending, hash), 409, "changed")


async def test_what_nobody_approves_may_change(team, hands, pending) -> None:
    await team.grace.approve(pending)
    before = await team.ada.see(pending)

    changes = {"name": "New", "per_second": 5, "metadata": {"a": "b"}, "approval_within": 60}
    answer = await team.ada.edit(pending, **changes)
    await team.ada.gets("POST", f"/{pending}/rate", json={"per_second": None})

    after = await team.ada.see(pending)
    assert answer.json()["per_second"] == 5
    assert {name for name in after if after[name] != before[name]} == {"name", "metadata"}
    assert (await hands.step(pending)).kind == "deliver"


async def test_what_runs_is_not_edited(team, hands, pending) -> None:
    await team.grace.approve(pending)
    await hands.step(pending)
    assert (await team.ada.see(pending))["status"] == "running"

    for changes in EDITS:
        answer = await team.ada.edit(pending, name="x", **changes)
        assert (answer.status_code, answer.json()["code"]) == (409, "already_running")
        assert answer.json()["field"] == next(iter(changes))

    assert (await team.ada.see(pending))["name"] == "November news"
    assert (await team.ada.edit(pending, name="x", per_second=3)).status_code == 200
    await team.ada.gets("POST", f"/{pending}/pause")
    answer = await team.ada.edit(pending, data={"name": "y"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_running")


async def test_approved_and_edited_at_once_is_not_approved(team, hands) -> None:
    for n in range(10):
        id = await pending_of(team, hands)
        hash = (await team.ada.see(id))["content_hash"]
        calls = [team.grace.approve(id, hash), team.ada.edit(id, data={"name": f"{n}"})]

        await asyncio.gather(*(calls if n % 2 else calls[::-1]))

        assert (await team.ada.see(id))["status"] == "validating"
        await hands.prepare(id)
        assert (await hands.step(id)).kind == "wait"


async def test_what_is_cancelled_is_not_approved(team, hands, pending) -> None:
    hash = (await team.ada.see(pending))["content_hash"]
    cancelled = await team.ada.gets("POST", f"/{pending}/cancel")

    await refused(await team.grace.approve(pending, hash), 409, "is_cancelled")

    assert cancelled == {"status": "cancelled", "stopped": 1, "handed_over": 0, "in_doubt": 0}
    assert (await hands.step(pending)).kind == "ended"
    progress = await team.ada.gets("GET", f"/{pending}/progress")
    assert progress["counts"] == {"cancelled": 1}
    assert progress["reasons"] == {"cancelled": {"cancelled": 1}}
    report = await team.ada.gets("GET", f"/{pending}/report")
    assert (report["seconds"], report["campaign"]["id"]) == (None, pending)
