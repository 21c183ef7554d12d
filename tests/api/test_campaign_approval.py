"""Approvals: by somebody else, of what was seen, in time, once. By hand, step by step."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from own_campaigns import Team, by_hand, number

from activities.prepare_campaign import Limits

AUDIENCES = "/v1/audiences"
HOUR = timedelta(hours=1)
# At fault, where it is not the status.
FIELDS = {
    "own_campaign": "authors",
    "changed": "hash",
    "lapsed": "lapses_at",
    "already_decided": "approvals",
}
TWO = Limits(two_approvers_above=1, most_people=100)


@pytest.fixture
async def pending(team, hands) -> str:
    """One of Ada's that waits for approval."""
    return await pending_of(team, hands)


async def pending_of(team: Team, hands: Any, *people: int, **changes: Any) -> str:
    id = await team.submitted(*people, **changes)
    assert await hands.prepare(id) == "pending_approval"
    return id


async def refused(answer: Any, status: int, code: str) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert problem["field"] == FIELDS.get(code, "status")


async def test_somebody_else_approves_what_was_seen(team, hands, pending) -> None:
    seen = await team.grace.see(pending)

    answer = await team.grace.approve(pending)

    view = answer.json()
    assert (answer.status_code, view["status"]) == (200, "scheduled")
    assert view["approved_at"]
    [approval] = view["approvals"]
    assert (approval["approver"], approval["decision"], approval["via"]) == (
        "grace@example.com",
        "approved",
        "api",
    )
    last = (await team.ada.events(pending))[-1]
    assert (last["kind"], last["by"]) == ("approved", "grace@example.com")
    assert last["detail"]["hash"] == seen["content_hash"]
    assert (await hands.step(pending)).kind == "deliver"


@pytest.mark.parametrize("spelling", ["ada@example.com", " ADA@Example.com ", "Ada@EXAMPLE.COM"])
@pytest.mark.parametrize("what", ["approve", "reject", "approval-code"])
async def test_its_maker_does_not_decide(team, hands, pending, spelling, what) -> None:
    ada = await team.person(spelling)
    hash = (await ada.see(pending))["content_hash"]

    body = {"hash": hash, **({"reason": "mine"} if what == "reject" else {})}
    answer = await ada.do(pending, what, **body)

    await refused(answer, 403, "own_campaign")
    assert await team.joan.refusals(pending) == [(spelling, "own_campaign")]
    assert (await ada.see(pending))["status"] == "pending_approval"
    assert (await hands.step(pending)).kind == "wait"


async def test_neither_its_editor_nor_who_submitted_it_approves(team, hands) -> None:
    id = await team.ada.make(1)
    await team.grace.edit(id, data={"name": "all"})
    await team.joan.gets("POST", f"/{id}/submit", 202)
    await hands.prepare(id)

    for person in (team.ada, team.grace, team.joan):
        await refused(await person.approve(id), 403, "own_campaign")

    assert [by for by, _ in await team.ada.refusals(id)] == [
        p.owner for p in (team.ada, team.grace, team.joan)
    ]
    other = await team.person("mary")
    assert (await other.approve(id)).status_code == 200


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


async def test_a_large_audience_needs_two_different_people(team, database_url) -> None:
    async with by_hand(database_url, TWO) as hands:
        id = await pending_of(team, hands, 1, 2)
        assert (await team.ada.see(id))["approvals_needed"] == 2

        first = await team.grace.approve(id)
        assert (first.status_code, first.json()["status"]) == (200, "pending_approval")
        await refused(await team.grace.approve(id), 409, "already_decided")
        again = await team.person("GRACE@example.com  ")
        await refused(await again.approve(id), 409, "already_decided")
        await refused(await team.ada.approve(id), 403, "own_campaign")
        assert (await hands.step(id)).kind == "wait"

        second = await team.joan.approve(id)
        assert (second.status_code, second.json()["status"]) == (200, "scheduled")
        assert (await hands.step(id)).kind == "deliver"
        given = [e["detail"]["given"] for e in await team.ada.events(id) if "given" in e["detail"]]
        assert given == [1, 2]


async def test_the_second_of_two_can_still_reject(team, database_url) -> None:
    async with by_hand(database_url, TWO) as hands:
        id = await pending_of(team, hands, 1, 2)
        hash = (await team.ada.see(id))["content_hash"]
        await team.grace.approve(id)

        answer = await team.joan.do(id, "reject", hash=hash, reason="too many")

        assert answer.json()["status"] == "rejected"
        await team.ada.gets("POST", f"/{id}/submit", 202)
        await hands.prepare(id)
        view = await team.ada.see(id)
        assert (view["approvals"], view["approvals_needed"]) == ([], 2)


async def test_two_at_once_are_two(team, database_url) -> None:
    async with by_hand(database_url, TWO) as hands:
        for _ in range(5):
            id = await pending_of(team, hands, 1, 2)
            hash = (await team.ada.see(id))["content_hash"]

            both = (team.grace, team.joan) * 2
            answers = await asyncio.gather(*[person.approve(id, hash) for person in both])

            assert sorted(a.status_code for a in answers) == [200, 200, 409, 409]
            view = await team.ada.see(id)
            assert (view["status"], len(view["approvals"])) == ("scheduled", 2)


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
    {"send_at": "2027-01-01T00:00:00Z"},
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


async def test_a_code_counts_once(team, hands, pending) -> None:
    hash = (await team.ada.see(pending))["content_hash"]
    answer = await team.grace.do(pending, "approval-code", hash=hash)
    said = answer.json()
    assert (said["approver"], said["hash"], said["workflow_id"]) == (
        "grace@example.com",
        hash,
        f"campaign/{pending}",
    )

    assert await hands.signal(pending, " Grace@example.com", said["code"].lower()) == ""

    view = await team.ada.see(pending)
    assert (view["status"], view["approvals"][0]["via"]) == ("scheduled", "signal")
    assert await hands.signal(pending, "grace@example.com", said["code"]) == "is_scheduled"
    kinds = [(e["kind"], e["reason"]) for e in await team.ada.events(pending)][-3:]
    assert kinds == [
        ("approval_code_given", None),
        ("approved", None),
        ("approval_refused", "is_scheduled"),
    ]
    assert said["code"] not in str(await team.ada.events(pending))


@pytest.mark.parametrize(
    ("approver", "code"),
    [
        ("joan@example.com", "{grace}"),
        ("ada@example.com", "{grace}"),
        ("grace@example.com", ""),
        ("grace@example.com", "AAAAAAAA-AAAAAAAA-AAAAAAAA-AAAAAAAA"),
        ("grace@example.com", "{old}"),
        ("", "{grace}"),
        ("", ""),
        ("nul\0", "{grace}\0"),
        ("lone \ud800", "\udfff"),
        ("x" * 5000, "y" * 5000),
    ],
    ids=ascii,
)
async def test_what_is_no_code_of_this_approver_is_recorded(
    team, hands, pending, approver, code
) -> None:
    old = await code_of(team, pending)
    await team.ada.edit(pending, data={"name": "all"})
    await hands.prepare(pending)
    given = code.format(grace=await code_of(team, pending), old=old)

    assert await hands.signal(pending, approver, given) == "code_invalid"

    assert (await team.ada.see(pending))["status"] == "pending_approval"
    [(by, reason)] = await team.ada.refusals(pending)
    assert reason == "code_invalid"
    assert by[:3] == approver[:3]
    assert (await hands.step(pending)).kind == "wait"


async def code_of(team: Team, id: str) -> str:
    hash = (await team.grace.see(id))["content_hash"]
    return (await team.grace.do(id, "approval-code", hash=hash)).json()["code"]


async def test_a_code_of_who_edits_it_afterwards_is_of_no_use(team, hands, pending) -> None:
    code = await code_of(team, pending)
    await team.grace.edit(pending, data={"name": "all"})
    await hands.prepare(pending)

    assert await hands.signal(pending, "grace@example.com", code) == "code_invalid"


async def test_a_code_is_given_for_what_waits_for_approval_alone(team, pending) -> None:
    await refused(await team.grace.do(pending, "approval-code", hash="0" * 64), 409, "changed")
    hash = (await team.ada.see(pending))["content_hash"]
    await team.ada.gets("POST", f"/{pending}/cancel")

    answer = await team.grace.do(pending, "approval-code", hash=hash)

    await refused(answer, 409, "is_cancelled")


async def test_by_signal_and_api_at_once_it_counts_once(team, hands) -> None:
    for _ in range(5):
        id = await pending_of(team, hands)
        code = await code_of(team, id)

        answer, said = await asyncio.gather(
            team.grace.approve(id), hands.signal(id, "grace@example.com", code)
        )

        assert (answer.status_code == 200) is (said != "")
        assert len((await team.ada.see(id))["approvals"]) == 1


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


async def audience_of(person: Any) -> str:
    body = {"channel": "sms", "format": "csv"}
    headers = {"Authorization": f"Bearer {person.key}"}
    answer = await person.http.post(AUDIENCES, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def fill(person: Any, id: str, piece: bytes, offset: int = 0, *, last: bool = True) -> int:
    """How many bytes of it are there now."""
    headers = {
        "Authorization": f"Bearer {person.key}",
        "Upload-Offset": str(offset),
        "Upload-Complete": f"?{int(last)}",
    }
    path = f"{AUDIENCES}/{id}/content"
    answer = await person.http.put(path, content=piece, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["offset"]


async def test_neither_who_made_its_audience_nor_who_filled_it_approves(team, hands) -> None:
    maker, first, second = [await team.person(name) for name in ("maker", "first", "second")]
    audience = await audience_of(maker)
    id = await team.ada.make(audience={"audience_id": audience})
    there = await fill(first, audience, f"to,name\n{number(1)},A\n".encode(), last=False)
    await fill(second, audience, f"{number(2)},B\n".encode(), there)
    await team.ada.gets("POST", f"/{id}/submit", 202)
    assert await hands.prepare(id) == "pending_approval"

    for person in (team.ada, maker, first, second):
        await refused(await person.approve(id), 403, "own_campaign")

    assert (await team.ada.see(id))["authors"] == ["ada@example.com", "first", "maker", "second"]
    assert (await team.grace.approve(id)).status_code == 200


async def written(person: Any, id: str, rng: random.Random) -> None:
    await person.edit(id, content={"sms": {"text": f"{rng.random()} for {{{{ name }}}}"}})


async def scheduled(person: Any, id: str, rng: random.Random) -> None:
    await person.edit(id, send_at=(datetime.now(UTC) + rng.randint(1, 99) * HOUR).isoformat())


async def listed(person: Any, id: str, rng: random.Random) -> None:
    people = [{"to": number(rng.randint(1, 99)), "data": {"name": "P"}}]
    await person.edit(id, audience={"recipients": people})


async def begun_with(person: Any, id: str, rng: random.Random) -> None:
    await person.edit(id, canary={"percent": rng.randint(1, 50)})


@pytest.mark.parametrize("seed", range(12))
async def test_whoever_changes_what_is_sent_does_not_approve_it(team, hands, seed) -> None:
    rng = random.Random(seed)
    people = [await team.person(f"{name}-{seed}") for name in ("a", "b", "c", "d", "e", "f")]
    id = await people[0].make(1)
    hands_in = {people[0].owner}
    for _ in range(rng.randint(1, 4)):
        person, step = rng.choice(people[:5]), rng.choice([written, scheduled, listed, begun_with])
        before = (await person.see(id))["revision"]
        await step(person, id, rng)
        if (await person.see(id))["revision"] != before:
            hands_in.add(person.owner)
    submitter = rng.choice(people[:5])
    await submitter.gets("POST", f"/{id}/submit", 202)
    assert await hands.prepare(id) == "pending_approval"
    hash = (await submitter.see(id))["content_hash"]

    for person in people[:5]:
        if person.owner in hands_in | {submitter.owner}:
            await refused(await person.approve(id, hash), 403, "own_campaign")
    assert (await people[5].approve(id, hash)).status_code == 200
