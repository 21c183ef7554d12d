"""Campaigns: making, reading, editing, listing, copying and putting them away."""

from datetime import UTC, datetime, timedelta

import pytest
from own_campaigns import CONTENT, draft, number
from uuid_utils.compat import uuid7

ROUTES = [
    ("GET", "", None),
    ("PATCH", "", {"name": "other"}),
    ("GET", "/audience", None),
    ("GET", "/progress", None),
    ("GET", "/progress/stream", None),
    ("GET", "/report", None),
    ("GET", "/events", None),
    ("POST", "/preview", {}),
    ("POST", "/test", {"to": [number(1)]}),
    ("POST", "/submit", None),
    ("POST", "/approve", {"hash": "a" * 64}),
    ("POST", "/reject", {"hash": "a" * 64, "reason": "no"}),
    ("POST", "/approval-code", {"hash": "a" * 64}),
    ("POST", "/pause", None),
    ("POST", "/resume", None),
    ("POST", "/rate", {"per_second": 1}),
    ("POST", "/cancel", None),
    ("POST", "/retry-failed", None),
    ("POST", "/duplicate", None),
    ("POST", "/archive", None),
]
APPROVING = ("/approve", "/reject", "/approval-code")


def scope_of(method: str, path: str) -> str:
    """What a route asks of a key."""
    if path in APPROVING:
        return "campaigns:approve"
    return "campaigns:read" if method == "GET" or path == "/preview" else "campaigns:write"


def soon() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


async def test_a_draft_is_what_was_asked_for(team) -> None:
    asked = {"per_second": 5, "expires_in": 3600, "metadata": {"ticket": "T-1"}, "send_at": soon()}
    id = await team.ada.make(1, 2, **asked, canary={"percent": 2})

    view = await team.grace.see(id)

    assert (view["status"], view["created_by"], view["authors"]) == (
        "draft",
        "ada@example.com",
        ["ada@example.com"],
    )
    assert {name: view[name] for name in ("per_second", "expires_in", "metadata")} == {
        "per_second": 5.0,
        "expires_in": 3600.0,
        "metadata": {"ticket": "T-1"},
    }
    assert view["content"] == {"sms": {"default": CONTENT["sms"]}}
    assert view["canary"] == {"percent": 2, "most_failures_percent": 5}
    assert view["content_hash"] is None
    assert view["workflow_id"] == f"campaign/{id}"
    assert [e["kind"] for e in await team.ada.events(id)] == ["created"]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_another_applications_campaign_is_not_there(
    team, new_team, method, path, body
) -> None:
    id = await (await new_team()).ada.make()

    answer = await team.ada.ask(method, f"/{id}{path}", json=body)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.fixture(scope="module")
async def with_one_scope_less(team) -> dict[str, object]:
    """Somebody for each scope, with all but this one."""
    scopes = {"campaigns:write", "campaigns:read", "campaigns:approve"}
    return {scope: await team.person("mary", *scopes - {scope}) for scope in scopes}


@pytest.mark.parametrize(("method", "path", "body"), [("POST", "", draft()), *ROUTES])
async def test_each_route_names_the_scope_it_needs(
    team, with_one_scope_less, method, path, body
) -> None:
    scope = scope_of(method, path)
    where = "" if body == draft() else f"/{uuid7()}{path}"

    answer = await with_one_scope_less[scope].ask(method, where, json=body)

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["limit"]) == (403, "missing_scope", scope)


BAD = [
    ({"content": None, "template": "nope"}, "unknown_template", "template"),
    ({"content": None, "template": "receipt", "channel": "telegram"}, "no_content", "content"),
    ({"content": {"email": {"subject": "x", "text": "y"}}}, "no_content", "content"),
    ({"content": {"sms": {"text": "{{ name"}}}, "template_syntax", "content.sms.text"),
    ({"data": {"nmae": "x"}}, "unknown_variable", "data.nmae"),
    ({"category": "nope"}, "unknown_category", "category"),
    ({"send_at": "2020-01-01T00:00:00Z"}, "in_the_past", "send_at"),
    ({"send_at": "2099-01-01T00:00:00Z"}, "too_far_ahead", "send_at"),
    ({"per_second": 0}, "invalid", "per_second"),
    ({"per_second": -1}, "invalid", "per_second"),
    ({"per_second": 1e-300}, "invalid", "per_second"),
    ({"per_second": True}, "invalid", "per_second"),
    ({"expires_in": 1}, "invalid", "expires_in"),
    ({"approval_within": 0}, "invalid", "approval_within"),
    ({"canary": {"percent": 0}}, "invalid", "canary.percent"),
    ({"channel": "fax"}, "invalid", "channel"),
    ({"name": "two\nlines"}, "invalid", "name"),
    ({"colour": 1}, "unknown_field", "colour"),
    ({"template": "welcome"}, "invalid", "body"),
    ({"audience": {}}, "invalid", "audience"),
    ({"audience": {"everyone": True, "group": "staff"}}, "invalid", "audience"),
    ({"audience": {"everyone": "yes"}}, "invalid", "audience.everyone"),
    ({"off_hours": 1}, "invalid", "off_hours"),
    ({"audience": {"recipients": []}}, "invalid", "audience.recipients"),
    (
        {"audience": {"recipients": [{"to": number(1)}, {"to": "12"}]}},
        "phone_invalid",
        "audience.recipients.1.to",
    ),
    ({"audience": {"audience_id": str(uuid7())}}, "audience_unknown", "audience.audience_id"),
]


@pytest.mark.parametrize(("changes", "code", "field"), BAD)
async def test_what_cannot_be_is_refused_by_its_field(team, changes, code, field) -> None:
    answer = await team.ada.ask("POST", "", json={**draft(), **changes})

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, code, field)


@pytest.mark.parametrize(("changes", "code", "field"), [b for b in BAD if "channel" not in b[0]])
async def test_an_edit_is_checked_as_a_draft_is(team, changes, code, field) -> None:
    id = await team.ada.make()

    answer = await team.ada.edit(id, **{n: v for n, v in changes.items() if v is not None})

    if "template" in changes and changes["template"] == "welcome":
        assert answer.status_code == 200, "alone, it takes the content's place"
        return
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, code, field)
    assert (await team.ada.see(id))["revision"] == 1


@pytest.mark.parametrize("field", ["name", "audience", "category", "data", "metadata"])
async def test_what_must_be_there_is_not_edited_away(team, field) -> None:
    id = await team.ada.make()

    answer = await team.ada.edit(id, **{field: None})

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, "invalid", field)


async def test_an_upload_of_another_channel_or_application_is_refused(team, new_team) -> None:
    other = await new_team()
    for whose, channel, code in (
        (team, "email", "audience_of_another_channel"),
        (other, "sms", "audience_unknown"),
    ):
        id = await uploaded(whose, channel, b"")
        answer = await team.ada.ask("POST", "", json=draft(audience={"audience_id": id}))
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, code)
        assert problem["field"] == "audience.audience_id"


async def uploaded(team, channel: str, content: bytes) -> str:
    """An audience with this content, as far as it came."""
    app = team.app
    answer = await app.ask("POST", "/v1/audiences", json={"channel": channel, "format": "ndjson"})
    id = answer.json()["id"]
    if content:
        answer = await app.ask("PUT", f"/v1/audiences/{id}/content", content=content)
        assert answer.status_code == 200, answer.text
    return id


async def test_ten_thousand_come_with_it_and_no_more(team) -> None:
    people = [{"to": number(n), "data": {"name": "n" * 200}} for n in range(10_001)]

    id = await team.ada.make(audience={"recipients": people[:10_000]})

    counted = await team.ada.gets("GET", f"/{id}/audience")
    assert (counted["people"], counted["duplicates"]) == (10_000, 0)
    answer = await team.ada.edit(id, audience={"recipients": people})
    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (422, "audience.recipients")
    assert problem["limit"] == 10_000


async def test_the_variables_of_one_are_within_the_limit_that_is_named(team) -> None:
    large = {"to": number(2), "data": {"name": "x" * 140_000}}
    audience = {"recipients": [{"to": number(1)}, large]}

    problem = await team.ada.gets("POST", "", 422, json=draft(audience=audience))

    assert (problem["code"], problem["field"], problem["limit"]) == (
        "data_too_large",
        "audience.recipients.1.data",
        131_072,
    )


async def test_an_edit_changes_only_what_it_names(team) -> None:
    id = await team.ada.make(data={"name": "all"}, expires_in=3600)
    before = await team.ada.see(id)

    after = (await team.grace.edit(id, data={"name": "everybody"})).json()

    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"data", "revision", "authors"}
    assert after["authors"] == ["ada@example.com", "grace@example.com"]
    last = (await team.ada.events(id))[-1]
    assert (last["kind"], last["by"]) == ("edited", "grace@example.com")
    assert last["detail"] == {"fields": ["data"]}


async def test_an_edit_that_changes_nothing_is_no_edit(team) -> None:
    id = await team.ada.make(content=None, template="welcome", data={"name": "all"})

    same = {"template": "welcome", "data": {"name": "all"}, "off_hours": False, "canary": None}
    answer = await team.grace.edit(id, **same, category="newsletter")

    assert answer.json()["revision"] == 1
    assert answer.json()["authors"] == ["ada@example.com"]


async def test_without_a_life_of_its_own_it_has_its_categorys(team) -> None:
    id = await team.ada.make(expires_in=3600)

    answer = await team.ada.edit(id, expires_in=None)

    assert answer.json()["expires_in"] == 2 * 86_400


async def test_pages_lead_through_all_of_them_the_newest_first(new_team) -> None:
    team = await new_team()
    ids = [await team.ada.make(name=f"n{n}") for n in range(5)]
    await team.ada.gets("POST", f"/{ids[2]}/cancel")
    await team.ada.gets("POST", f"/{ids[3]}/archive")

    found, after = [], ""
    while True:
        page = await team.ada.gets("GET", f"?limit=2{after}")
        found += [view["id"] for view in page["items"]]
        if not page["next"]:
            break
        after = f"&after={page['next']}"

    assert found == [ids[n] for n in (4, 2, 1, 0)]
    everything = await team.ada.gets("GET", "?archived=true")
    assert [view["id"] for view in everything["items"]] == ids[::-1]
    cancelled = await team.ada.gets("GET", "?status=cancelled")
    assert [view["id"] for view in cancelled["items"]] == [ids[2]]
    assert (await team.ada.gets("GET", "?status=running"))["items"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "status=nope", "after=x"])
async def test_a_page_that_cannot_be_is_refused(team, query) -> None:
    answer = await team.ada.ask("GET", f"?{query}")

    assert (answer.status_code, answer.json()["field"]) == (422, query.partition("=")[0])


async def test_a_copy_is_a_draft_of_whoever_makes_it(team) -> None:
    id = await team.ada.make(1, 2, send_at=soon(), metadata={"a": "b"}, per_second=3)

    copy = await team.grace.gets("POST", f"/{id}/duplicate", 201)

    original = await team.ada.see(id)
    same = ("channel", "content", "data", "audience", "category", "metadata", "per_second")
    assert {name: copy[name] for name in same} == {name: original[name] for name in same}
    assert (copy["status"], copy["send_at"], copy["copy_of"]) == ("draft", None, id)
    assert copy["name"] == "November news (copy)"
    assert copy["authors"] == ["grace@example.com"]


async def test_what_is_under_way_is_not_put_away(team) -> None:
    id = await team.submitted()

    answer = await team.ada.do(id, "archive")

    assert (answer.status_code, answer.json()["code"]) == (409, "is_validating")
    await team.ada.gets("POST", f"/{id}/cancel")
    assert (await team.ada.gets("POST", f"/{id}/archive"))["archived_at"]


async def test_what_is_submitted_is_in_the_lists_again(new_team) -> None:
    team = await new_team()
    id = await team.ada.make()
    await team.ada.gets("POST", f"/{id}/archive")

    await team.ada.gets("POST", f"/{id}/submit", 202)

    assert [view["id"] for view in (await team.ada.gets("GET", ""))["items"]] == [id]


@pytest.mark.parametrize("what", ["pause", "resume", "retry-failed"])
async def test_a_draft_is_not_moved_by(team, what) -> None:
    answer = await team.ada.do(await team.ada.make(), what)

    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (409, "status")


async def test_what_has_ended_is_neither_edited_nor_moved(team) -> None:
    id = await team.ada.make()
    await team.ada.gets("POST", f"/{id}/cancel")

    for what, body in (("submit", {}), ("rate", {"per_second": 1}), ("pause", {})):
        answer = await team.ada.do(id, what, **body)
        assert (answer.status_code, answer.json()["code"]) == (409, "already_ended"), what
    answer = await team.ada.edit(id, name="x")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_ended")


@pytest.mark.parametrize(("rate", "status"), [(1e-5, 200), (100_000, 200), (5e-324, 422)])
async def test_what_runs_takes_any_rate_there_is(team, hands, rate, status) -> None:
    id = await team.submitted(1)
    await hands.prepare(id)
    await team.grace.approve(id)
    await hands.step(id)

    answer = await team.ada.do(id, "rate", per_second=rate)

    assert answer.status_code == status, answer.text
    assert (await team.ada.see(id))["per_second"] == (rate if status == 200 else None)


async def test_the_account_comes_in_pages(team) -> None:
    id = await team.ada.make()
    for n in range(4):
        await team.ada.edit(id, name=f"n{n}")

    kinds, after = [], 0
    while after is not None:
        page = await team.ada.gets("GET", f"/{id}/events?limit=2&after={after}")
        kinds += [event["kind"] for event in page["items"]]
        after = page["next"]

    assert kinds == ["created", *["changed"] * 4]


@pytest.mark.parametrize("path", ["", "/{id}/duplicate"])
async def test_a_call_that_is_repeated_makes_no_second_one(team, path) -> None:
    id = await team.ada.make(1)
    path = path.format(id=id)
    body = None if path else draft(1, name="asked twice")
    headers = {"Idempotency-Key": f"twice {path}"}

    answers = [await team.ada.ask("POST", path, json=body, headers=headers) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len({answer.content for answer in answers}) == 1
    assert [answer.headers.get("idempotency-replayed") for answer in answers] == [
        None,
        "true",
        "true",
    ]
    assert answers[0].json()["id"] != id


async def test_a_key_that_was_used_is_for_the_same_campaign_alone(team) -> None:
    headers = {"Idempotency-Key": "one campaign"}
    first = await team.ada.ask("POST", "", json=draft(1), headers=headers)

    other = await team.ada.ask("POST", "", json=draft(2), headers=headers)

    assert (first.status_code, other.status_code) == (201, 422)
    assert other.json()["code"] == "key_reused"
