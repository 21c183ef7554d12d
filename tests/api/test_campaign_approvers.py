"""Who approves: somebody else, and of a large audience two. By hand, step by step."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from own_campaigns import by_hand, number
from pending_campaigns import pending_of, refused

from activities.prepare_campaign import Limits

AUDIENCES = "/v1/audiences"
HOUR = timedelta(hours=1)
TWO = Limits(two_approvers_above=1, most_people=100)


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
