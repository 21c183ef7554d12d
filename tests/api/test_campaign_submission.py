"""Submitting a campaign: what validation counts, and what it finds. By hand, step by step."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from own_campaigns import Team, by_hand, number
from uuid_utils.compat import uuid7

from activities.prepare_campaign import Limits

NEEDS_NAME = {"content": {"sms": {"text": "Hello {{ name }}"}}}


async def found(team: Team, hands: Any, *people: int, **changes: Any) -> dict[str, Any]:
    """The campaign as validation leaves it."""
    id = await team.submitted(*people, **changes)
    status = await hands.prepare(id)
    view = await team.ada.see(id)
    assert view["status"] == status
    return view


def codes(view: dict[str, Any]) -> list[tuple[str, str]]:
    return [(p["code"], p["field"]) for p in view["problems"]]


async def suppress(team: Team, api: Any, *people: int) -> None:
    for n in people:
        await api.database.execute(
            "INSERT INTO suppression (application_id, channel, address, reason)"
            " VALUES ($1, 'sms', $2, 'unsubscribed')",
            team.app.id,
            number(n),
        )


async def member(team: Team, api: Any, group: str | None, **contacts: str) -> None:
    """A profile of the application, in a group that is made if need be."""
    id = uuid7()
    await api.database.execute(
        "INSERT INTO profile (id, application_id, external_id, name) VALUES ($1, $2, $3, $3)",
        id,
        team.app.id,
        str(id),
    )
    for rank, (channel, address) in enumerate(contacts.items()):
        await api.database.execute(
            "INSERT INTO contact (id, profile_id, channel, address, rank)"
            " VALUES ($1, $2, $3, $4, $5)",
            uuid7(),
            id,
            channel.partition("_")[0],
            address,
            rank,
        )
    if group:
        await api.database.execute(
            "WITH made AS (INSERT INTO profile_group (id, application_id, name) VALUES ($1, $2, $3)"
            " ON CONFLICT (application_id, name) DO UPDATE SET name = excluded.name RETURNING id)"
            " INSERT INTO group_member SELECT id, $4 FROM made",
            uuid7(),
            team.app.id,
            group,
            id,
        )


async def test_the_audience_is_counted_each_contact_once(team, hands, api) -> None:
    await suppress(team, api, 13)

    view = await found(team, hands, 11, 12, 11, 13, 12, 11)

    assert (view["status"], view["people"], view["duplicates"]) == ("pending_approval", 3, 3)
    assert view["approvals_needed"] == 1
    assert len(view["content_hash"]) == 64
    progress = await team.ada.gets("GET", f"/{view['id']}/progress")
    assert progress["counts"] == {"queued": 2, "suppressed": 1}
    assert progress["reasons"]["suppressed"] == {"unsubscribed": 1}
    counted = await team.ada.gets("GET", f"/{view['id']}/audience")
    assert {name: counted[name] for name in ("people", "suppressed", "duplicates")} == {
        "people": 3,
        "suppressed": 1,
        "duplicates": 3,
    }
    assert [row["to"] for row in counted["sample"]][:2] == [number(11), number(12)]


async def test_it_lapses_when_it_says(team, hands) -> None:
    view = await found(team, hands, 1, approval_within=3600)

    left = datetime.fromisoformat(view["lapses_at"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)


async def test_a_second_submission_is_refused_while_it_is_under_way(team, hands) -> None:
    view = await found(team, hands)

    answer = await team.ada.do(view["id"], "submit")

    assert (answer.status_code, answer.json()["code"]) == (409, "is_pending_approval")


async def test_everyone_suppressed_is_nobody_to_tell(new_team, hands, api) -> None:
    team = await new_team()
    await suppress(team, api, 1, 2)

    view = await found(team, hands, 1, 2)

    assert (view["status"], view["reason"]) == ("invalid", "everyone_suppressed")


async def test_an_empty_audience_is_invalid(new_team, hands) -> None:
    view = await found(await new_team(), hands, audience={"everyone": True})

    assert (view["status"], view["reason"]) == ("invalid", "audience_empty")
    assert codes(view) == [("audience_empty", "audience")]


async def test_too_many_people_are_invalid(team, database_url) -> None:
    async with by_hand(database_url, Limits(two_approvers_above=1, most_people=2)) as hands:
        view = await found(team, hands, 1, 2, 3)

    assert (view["status"], view["reason"]) == ("invalid", "audience_too_large")


async def test_an_upload_that_is_not_complete_is_invalid_until_it_is(team, hands) -> None:
    ask = team.app.ask
    asked = {"channel": "sms", "format": "ndjson"}
    upload = (await ask("POST", "/v1/audiences", json=asked)).json()["id"]
    content = f"/v1/audiences/{upload}/content"
    line = b'{"to": "%s", "name": "Ada"}\n'
    first = line % number(1).encode()
    headers = {"Upload-Complete": "?0"}
    answer = await team.app.http.put(
        content, content=first, headers={"Authorization": f"Bearer {team.app.key}", **headers}
    )
    assert answer.status_code < 300, answer.text
    view = await found(team, hands, audience={"audience_id": upload})
    assert (view["status"], view["reason"]) == ("invalid", "audience_incomplete")

    answer = await team.app.http.put(
        content,
        content=line % number(2).encode(),
        headers={"Authorization": f"Bearer {team.app.key}", "Upload-Offset": str(len(first))},
    )
    assert answer.status_code < 300, answer.text
    await team.ada.gets("POST", f"/{view['id']}/submit", 202)
    assert await hands.prepare(view["id"]) == "pending_approval"
    view = await team.ada.see(view["id"])
    assert (view["people"], view["problems"]) == (2, [])


async def test_an_invalid_one_has_nobody_in_its_books(team, hands) -> None:
    view = await found(team, hands, 1, 2)

    answer = await team.ada.edit(view["id"], audience={"group": "nobody"})
    assert answer.json()["status"] == "validating"
    assert await hands.prepare(view["id"]) == "invalid"

    progress = await team.ada.gets("GET", f"/{view['id']}/progress")
    assert (progress["people"], progress["counts"]) == (0, {})


async def test_a_group_is_its_members_best_contacts(new_team, hands, api) -> None:
    team = await new_team()
    await suppress(team, api, 2)
    await member(team, api, "staff", sms=number(1))
    await member(team, api, "staff", sms=number(2), sms_second=number(3))  # the first: suppressed
    await member(team, api, "staff", email="ada@example.com")
    await member(team, api, "staff", sms=number(1))
    await member(team, api, "other", sms=number(5))

    view = await found(team, hands, audience={"group": "staff"}, content={"sms": {"text": "x"}})

    assert (view["status"], view["people"], view["duplicates"]) == ("pending_approval", 2, 1)
    counted = await team.ada.gets("GET", f"/{view['id']}/audience")
    assert counted["without_contact"] == 1
    assert {row["to"] for row in counted["sample"]} == {number(1), number(3)}
    all_of_them = await found(
        team, hands, audience={"everyone": True}, content={"sms": {"text": "x"}}
    )
    assert all_of_them["people"] == 3


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"audience": {"group": "nope"}}, "group_unknown", "audience"),
        ({"category": "otp"}, "category_not_bulk", "category"),
    ],
)
async def test_what_may_not_be_a_campaign_is_invalid(team, hands, changes, reason, field) -> None:
    view = await found(team, hands, **changes)

    assert (view["status"], view["reason"]) == ("invalid", reason)
    assert (reason, field) in codes(view)
    assert (await team.grace.approve(view["id"], "a" * 64)).json()["code"] == "is_invalid"


async def test_without_an_account_it_is_invalid(team, hands) -> None:
    people = {"recipients": [{"to": "123456"}]}

    view = await found(
        team, hands, channel="telegram", content={"telegram": {"text": "x"}}, audience=people
    )

    assert (view["status"], view["reason"]) == ("invalid", "no_account")


async def test_a_window_that_never_opens_is_invalid(new_team, hands, api) -> None:
    team = await new_team()
    await set_window(api, team, "09:00", "09:00")

    view = await found(team, hands, off_hours=True)

    assert (view["status"], view["reason"]) == ("invalid", "window_never_opens")


async def set_window(api: Any, team: Team, start: str, end: str) -> None:
    await api.database.execute(
        "UPDATE application SET off_hours_from = $2::text::time, off_hours_to = $3::text::time"
        " WHERE id = $1",
        team.app.id,
        start,
        end,
    )


async def test_outside_the_window_it_waits_for_it(new_team, hands, api) -> None:
    team = await new_team()
    now = datetime.now(UTC)
    opens = (now + timedelta(minutes=3)).replace(second=0, microsecond=0)
    await set_window(api, team, f"{opens:%H:%M}", f"{opens + timedelta(hours=1):%H:%M}")
    view = await found(team, hands, off_hours=True)
    await team.grace.approve(view["id"])

    step = await hands.step(view["id"])

    assert (step.kind, step.until) == ("wait", opens)
    assert (await team.ada.see(view["id"]))["status"] == "scheduled"
    await set_window(api, team, f"{now - timedelta(hours=1):%H:%M}", f"{opens:%H:%M}")
    step = await hands.step(view["id"])
    assert step.kind == "deliver"
    assert {shard.closes_at for shard in step.shards} == {opens}


async def test_a_window_that_is_changed_counts_within_five_minutes(new_team, hands, api) -> None:
    team = await new_team()
    now = datetime.now(UTC)
    soon, opens = now + timedelta(minutes=6), now + timedelta(hours=2)
    await set_window(api, team, f"{opens:%H:%M}", f"{opens + timedelta(hours=1):%H:%M}")
    view = await found(team, hands, off_hours=True)
    await team.grace.approve(view["id"])

    step = await hands.step(view["id"])
    assert step.kind == "wait"
    assert now < step.until < soon

    await set_window(api, team, f"{now - timedelta(hours=1):%H:%M}", f"{opens:%H:%M}")
    step = await hands.step(view["id"])
    assert step.kind == "deliver"
    assert all(now < shard.closes_at < soon for shard in step.shards)

    await set_window(api, team, f"{opens:%H:%M}", f"{opens + timedelta(hours=1):%H:%M}")
    step = await hands.step(view["id"])
    assert step.kind == "wait"
    assert now < step.until < soon
    assert (await team.ada.see(view["id"]))["status"] == "running"


async def test_it_waits_for_its_time(team, hands) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    view = await found(team, hands, send_at=at.isoformat())
    await team.grace.approve(view["id"])

    step = await hands.step(view["id"])

    assert (step.kind, step.until) == ("wait", at)


async def test_what_cannot_be_rendered_is_listed_by_line(team, hands) -> None:
    people = [{"to": number(1), "data": {"name": "Ada"}}, {"to": number(2)}]

    view = await found(team, hands, audience={"recipients": people}, **NEEDS_NAME)

    assert view["status"] == "pending_approval"
    [problem] = view["problems"]
    assert (problem["code"], problem["line"]) == ("template_undefined", 2)
    assert number(2) not in str(problem)
    preview = await team.ada.gets("POST", f"/{view['id']}/preview", json={"size": 2})
    assert [row["text"] for row in preview["items"]] == ["Hello Ada", ""]
    assert [row["problem"] and row["problem"]["code"] for row in preview["items"]] == [
        None,
        "template_undefined",
    ]


async def test_what_cannot_be_rendered_for_anybody_is_invalid(team, hands) -> None:
    people = {"recipients": [{"to": number(n)} for n in range(60)]}

    view = await found(team, hands, audience=people, **NEEDS_NAME)

    assert (view["status"], view["reason"]) == ("invalid", "template_undefined")
    assert len(view["problems"]) == 20, "a list that a person reads"


@pytest.mark.parametrize(("percent", "until"), [(1, 12), (50, 21)])
async def test_the_canary_is_the_first_who_are_told(new_team, hands, api, percent, until) -> None:
    team = await new_team()
    await suppress(team, api, 1)
    people = [1, 2, 2, *range(3, 41)]  # the first is suppressed, the third is there twice

    view = await found(team, hands, *people, canary={"percent": percent})
    await team.grace.approve(view["id"])
    step = await hands.step(view["id"])

    # Of 39 to tell: 10 at least, or 19.
    assert [(shard.first, shard.last) for shard in step.shards] == [(2, until)]


async def test_an_edit_meanwhile_makes_what_was_counted_void(team, hands) -> None:
    id = await team.submitted(1)
    await team.ada.edit(id, data={"name": "all"})
    assert await hands.prepare(id) == "pending_approval"
    before = await team.ada.see(id)

    await team.ada.edit(id, audience={"recipients": [{"to": number(1)}, {"to": number(2)}]})

    view = await team.ada.see(id)
    assert (view["status"], view["content_hash"], view["approvals"]) == ("validating", None, [])
    assert await hands.prepare(id) == "pending_approval"
    view = await team.ada.see(id)
    assert view["people"] == 2
    assert view["content_hash"] != before["content_hash"]
    assert await hands.prepare(id) == "pending_approval", "it is prepared once"
    assert (await team.ada.see(id))["content_hash"] == view["content_hash"]


async def test_the_account_says_who_did_what(team, hands) -> None:
    view = await found(team, hands, 1, 2)
    await team.grace.approve(view["id"])
    await team.ada.gets("POST", f"/{view['id']}/cancel")

    events = await team.ada.events(view["id"])

    said = [(e["kind"], e["by"]) for e in events]
    assert said == [
        ("created", "ada@example.com"),
        ("submitted", "ada@example.com"),
        ("validated", "tidings"),
        ("approved", "grace@example.com"),
        ("cancelled", "ada@example.com"),
    ]
    assert events[2]["detail"] == {"people": 2, "suppressed": 0}
    assert Counter(e["id"] for e in events).most_common(1)[0][1] == 1
