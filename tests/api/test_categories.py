"""Categories: made, changed for what comes, and not deleted while something uses them."""

import json

import pytest
from api_in_process import SECRET_KEYS
from own_application import own_application
from own_campaigns import draft
from own_templates import Author, sms

CATEGORIES = "/v1/categories"
REMINDERS = {
    "name": "reminders",
    "priority": "medium",
    "channels": ["sms", "email", "sms"],
    "expires_after": 3600,
}
ROUTES = [
    ("POST", "", REMINDERS, "templates:write"),
    ("GET", "", None, "templates:read"),
    ("GET", "/otp", None, "templates:read"),
    ("PATCH", "/otp", {"priority": "low"}, "templates:write"),
    ("DELETE", "/otp", None, "templates:write"),
]


@pytest.fixture
async def author(api, database_url) -> Author:
    return Author(await own_application(api.http, database_url, SECRET_KEYS, []))


async def make(author: Author, **changes: object) -> dict[str, object]:
    answer = await author.app.ask("POST", CATEGORIES, json={**REMINDERS, **changes})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_one_is_as_it_was_asked_for(author, api) -> None:
    made = await make(author)

    assert made.pop("created_at")
    assert made == {
        **REMINDERS,
        "channels": ["sms", "email"],
        "priority_fixed": False,
        "channel_mode": "all",
        "mandatory": False,
        "on_unknown": "hold",
    }
    read = (await author.app.ask("GET", f"{CATEGORIES}/reminders")).json()
    assert made.items() <= read.items()
    [(action, detail)] = await author.audited(api.database, "reminders")
    assert (action, json.loads(detail)["expires_after"]) == ("category.create", 3600)


async def test_they_are_listed_by_name(author) -> None:
    await make(author)
    first = (await author.app.ask("GET", CATEGORIES, params={"limit": 3})).json()
    after = {"limit": 3, "after": first["next"]}
    second = (await author.app.ask("GET", CATEGORIES, params=after)).json()

    names = [item["name"] for page in (first, second) for item in page["items"]]
    assert names == ["held", "newsletter", "otp", "reminders", "transactional"]
    assert second["next"] is None


BAD = [
    ({"name": "a/b"}, "invalid", "name"),
    ({"priority": "urgent"}, "invalid", "priority"),
    ({"channels": []}, "invalid", "channels"),
    ({"channels": ["fax"]}, "invalid", "channels.0"),
    ({"channel_mode": "any"}, "invalid", "channel_mode"),
    ({"expires_after": 14}, "invalid", "expires_after"),
    ({"expires_after": 2_592_001}, "invalid", "expires_after"),
    ({"expires_after": True}, "invalid", "expires_after"),
    ({"mandatory": "no"}, "invalid", "mandatory"),
    ({"priority_fixed": 1}, "invalid", "priority_fixed"),
    ({"on_unknown": "ask"}, "invalid", "on_unknown"),
    ({"colour": 1}, "unknown_field", "colour"),
]


@pytest.mark.parametrize(("changes", "code", "field"), BAD)
async def test_what_cannot_be_is_refused_by_its_field(
    author, refused, changes, code, field
) -> None:
    made = await author.app.ask("POST", CATEGORIES, json={**REMINDERS, **changes})
    await refused(made, 422, code, field)
    if "name" not in changes:
        changed = await author.app.ask("PATCH", f"{CATEGORIES}/otp", json=changes)
        await refused(changed, 422, code, field)


async def test_nothing_becomes_null(author, refused) -> None:
    answer = await author.app.ask("PATCH", f"{CATEGORIES}/otp", json={"expires_after": None})
    await refused(answer, 422, "invalid", "expires_after")


async def test_a_name_is_given_once_until_it_is_deleted(author, refused, api) -> None:
    await make(author)
    answer = await author.app.ask("POST", CATEGORIES, json=REMINDERS)
    await refused(answer, 409, "name_taken", "name")

    assert (await author.app.ask("DELETE", f"{CATEGORIES}/reminders")).status_code == 204
    assert (await author.app.ask("GET", f"{CATEGORIES}/reminders")).status_code == 404
    assert (await author.app.ask("DELETE", f"{CATEGORIES}/reminders")).status_code == 404
    sent = await author.app.ask("POST", "/v1/notifications", json=sms_in("reminders"))
    assert (sent.status_code, sent.json()["code"]) == (422, "unknown_category")
    assert (await make(author, priority="low"))["priority"] == "low"
    actions = [action for action, _ in await author.audited(api.database, "reminders")]
    assert actions == ["category.create", "category.delete", "category.create"]


def sms_in(category: str) -> dict[str, object]:
    to = {"sms": "+4915112345678"}
    return {"to": to, "content": {"sms": {"text": "x"}}, "category": category}


async def test_a_change_is_for_what_is_accepted_afterwards(author, api) -> None:
    await make(author, expires_after=3600)

    async def sent() -> dict[str, object]:
        answer = await author.app.ask("POST", "/v1/notifications", json=sms_in("reminders"))
        row = await api.database.fetchrow(
            "SELECT priority, channel_mode, on_unknown, expires_at - due_at AS life"
            " FROM notification WHERE id = $1::uuid",
            answer.json()["id"],
        )
        return {**row, "life": row["life"].total_seconds()}

    before = await sent()
    changes = {"priority": "low", "channel_mode": "first", "on_unknown": "resend"}
    answer = await author.app.ask(
        "PATCH", f"{CATEGORIES}/reminders", json={**changes, "expires_after": 60}
    )
    assert answer.status_code == 200
    after = await sent()

    assert before == {
        "priority": "medium",
        "channel_mode": "all",
        "on_unknown": "hold",
        "life": 3600,
    }
    assert after == {**changes, "life": 60}
    action, detail = (await author.audited(api.database, "reminders"))[-1]
    assert (action, json.loads(detail)) == ("category.change", {**changes, "expires_after": 60})


async def test_a_submitted_campaign_keeps_what_its_category_said_of_doubts(
    author, api, hands
) -> None:
    await make(author, priority="low")
    body = draft(1, category="reminders")
    id = (await author.app.ask("POST", "/v1/campaigns", json=body)).json()["id"]

    async def submitted() -> str:
        await author.app.ask("POST", f"/v1/campaigns/{id}/submit")
        await hands.prepare(id)
        query = "SELECT on_unknown FROM campaign WHERE id = $1::uuid"
        return await api.database.fetchval(query, id)

    assert await submitted() == "hold"
    await author.app.ask("PATCH", f"{CATEGORIES}/reminders", json={"on_unknown": "resend"})
    assert (
        await api.database.fetchval("SELECT on_unknown FROM campaign WHERE id = $1::uuid", id)
        == "hold"
    )
    await author.app.ask("PATCH", f"/v1/campaigns/{id}", json={"data": {"name": "x"}})
    await hands.prepare(id)
    assert await submitted() == "resend"


async def test_a_change_of_nothing_is_not_in_the_audit_log(author, api) -> None:
    await make(author)
    for changes in ({}, {"priority": "medium"}):
        path = f"{CATEGORIES}/reminders"
        assert (await author.app.ask("PATCH", path, json=changes)).status_code == 200
    assert len(await author.audited(api.database, "reminders")) == 1


async def test_one_in_use_is_not_deleted_and_what_uses_it_is_named(author) -> None:
    await make(author, priority="low")
    name = await author.make(category="reminders")
    body = draft(1, category="reminders")
    campaign = (await author.app.ask("POST", "/v1/campaigns", json=body)).json()["id"]
    sent = await author.app.ask("POST", "/v1/notifications", json=sms_in("reminders"))
    id = sent.json()["id"]

    async def delete() -> tuple[int, list[tuple[str, str]]]:
        answer = await author.app.ask("DELETE", f"{CATEGORIES}/reminders")
        if answer.status_code == 204:
            return 204, []
        used_by = answer.json()["used_by"]
        assert answer.json()["code"] == "in_use"
        return answer.status_code, [(use["kind"], use["name"] or use["id"]) for use in used_by]

    everything = [("template", name), ("campaign", "November news"), ("notification", id)]
    assert await delete() == (409, everything)
    await author.gets("DELETE", f"/{name}", 204)
    assert await delete() == (409, everything[1:])
    await author.app.ask("DELETE", f"/v1/notifications/{id}")
    assert await delete() == (409, everything[1:2])
    await author.app.ask("POST", f"/v1/campaigns/{campaign}/cancel")
    assert await delete() == (204, [])
    view = await author.app.seen(id)
    assert view["category"] == "reminders"  # its history stays
    assert (await author.app.ask("GET", f"/v1/campaigns/{campaign}")).status_code == 200


async def test_the_category_of_what_names_none_stays(author, refused) -> None:
    answer = await author.app.ask("DELETE", f"{CATEGORIES}/transactional")
    await refused(answer, 409, "default_category", "name")


async def test_a_template_cannot_be_put_into_what_is_deleted(author) -> None:
    await make(author)
    await author.app.ask("DELETE", f"{CATEGORIES}/reminders")
    body = {"name": "late", "content": sms(), "category": "reminders"}
    assert (await author.ask("POST", "", json=body)).json()["code"] == "unknown_category"


@pytest.mark.parametrize(("method", "path", "body", "scope"), ROUTES)
async def test_each_route_asks_for_its_scope(author, api, method, path, body, scope) -> None:
    key = await api.new_key(*{"templates:read", "templates:write"} - {scope})
    headers = {"Authorization": f"Bearer {key}"}
    answer = await api.http.request(method, CATEGORIES + path, json=body, headers=headers)
    assert (answer.status_code, answer.json()["limit"]) == (403, scope)


async def test_nobody_elses_is_there(author, api) -> None:
    await make(author, name="ours")
    for method, body in (("GET", None), ("PATCH", {"priority": "low"}), ("DELETE", None)):
        answer = await api.http.request(method, f"{CATEGORIES}/ours", json=body)
        assert answer.status_code == 404


async def test_no_template_is_left_in_a_category_that_is_deleted_at_the_same_time(
    author, api, at_once
) -> None:
    for n in range(6):
        await make(author, name=f"race-{n}")

    async def race(n: int) -> int:
        if n % 2:
            return (await author.app.ask("DELETE", f"{CATEGORIES}/race-{n // 2}")).status_code
        body = {"name": f"race-{n // 2}", "content": sms(), "category": f"race-{n // 2}"}
        return (await author.ask("POST", "", json=body)).status_code

    answers = await at_once(12, race)

    for made, deleted in zip(answers[::2], answers[1::2], strict=True):
        assert (made, deleted) in ((201, 409), (422, 204))
    left = "SELECT count(*) FROM template t JOIN category c ON c.id = t.category_id"
    gone = "c.archived_at IS NOT NULL AND t.archived_at IS NULL"
    assert await api.database.fetchval(f"{left} WHERE {gone}") == 0
