"""Templates: making, reading, listing, versions, what they declare, and putting them away."""

import json

import pytest
from api_in_process import SECRET_KEYS
from own_application import own_application
from own_campaigns import draft
from own_templates import Author, sms

ROUTES = [
    ("GET", "", None, "templates:read"),
    ("PATCH", "", {"category": None}, "templates:write"),
    ("DELETE", "", None, "templates:write"),
    ("POST", "/versions", {"content": sms()}, "templates:write"),
    ("GET", "/versions/1", None, "templates:read"),
    ("GET", "/versions/1/diff/1", None, "templates:read"),
    ("POST", "/versions/1/publish", {}, "templates:publish"),
    ("POST", "/rollback", {}, "templates:publish"),
    ("POST", "/preview", {"channel": "sms"}, "templates:read"),
]
HOSTILE = [
    ("{{ x }", "template_syntax", "line 1"),
    ("a\n{{ x() }}", "template_call_not_allowed", "line 2: calls are not allowed"),
    ("{{ x.__class__ }}", "template_name_not_allowed", "line 1"),
    ("a\n\n{% include 'b' %}", "template_include_not_allowed", "line 3"),
    ("{{ 'a' * 1000000000 }}", "template_arithmetic_not_allowed", "line 1"),
    ("{% for a in x %}" * 9 + "{% endfor %}" * 9, "template_too_deep", "line 1"),
    ("x" * 262_145, "template_source_too_large", "262145 bytes"),
    ("a\0b", "nul", "NUL"),
]


@pytest.fixture(scope="module")
async def author(api, database_url) -> Author:
    return Author(await own_application(api.http, database_url, SECRET_KEYS, []))


async def test_the_first_version_is_a_draft_that_is_not_sent(author) -> None:
    name = await author.make(category="newsletter")

    view = await author.see(name)
    answer = await author.send(name)

    assert (view["category"], view["published"], view["latest"]) == ("newsletter", None, 1)
    [version] = view["versions"]
    assert (version["number"], version["channels"], version["variables"]) == (1, ["sms"], ["name"])
    assert (version["created_by"], version["published_at"]) == ("test", None)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_template")


async def test_a_version_is_read_as_it_was_written(author) -> None:
    content = {"email": {"default": {"subject": "Hi", "html": "<b>{{ a }}</b>"}}} | sms("{{ b }}")
    name = await author.make()

    asked = {"content": content, "variables": {"a": "string", "b": "list", "c": "any"}}
    made = await author.gets("POST", f"/{name}/versions", 201, json=asked)

    assert made == await author.gets("GET", f"/{name}/versions/2")
    assert (made["number"], made["content"]) == (2, content)
    assert (made["variables"], made["types"]) == (["a", "b", "c"], asked["variables"])


async def test_versions_made_at_once_have_a_number_each(author, at_once) -> None:
    name = await author.make()

    async def add(n: int) -> int:
        body = {"content": sms(f"text {n}")}
        return (await author.gets("POST", f"/{name}/versions", 201, json=body))["number"]

    assert sorted(await at_once(8, add)) == list(range(2, 10))


@pytest.mark.parametrize(("text", "code", "detail"), HOSTILE)
async def test_what_does_not_compile_is_refused_with_part_and_line(
    author, refused, text, code, detail
) -> None:
    name = await author.make()
    content = {"email": {"default": {"subject": "x", "text": text}}}

    added = await author.ask("POST", f"/{name}/versions", json={"content": content})
    made = await author.ask("POST", "", json={"name": "hostile", "content": content})
    shown = {"content": content, "channel": "email"}
    previewed = await author.ask("POST", f"/{name}/preview", json=shown)

    for answer in (added, made, previewed):
        problem = await refused(answer, 422, code, "content.email.default.text")
        assert detail in problem["detail"]
    assert (await author.see(name))["latest"] == 1
    assert (await author.ask("GET", "/hostile")).status_code == 404


BAD = [
    ({"name": "a b"}, "invalid", "name"),
    ({"name": "../x"}, "invalid", "name"),
    ({"name": "x" * 101}, "invalid", "name"),
    ({"category": "nope"}, "unknown_category", "category"),
    ({"content": {}}, "content_missing", "content"),
    ({"content": {"fax": {"default": {"text": "x"}}}}, "content_unknown", "content.fax"),
    ({"content": {"sms": {"de": {"text": "x"}}}}, "content_missing", "content.sms.default"),
    ({"content": {"sms": {"default": {"text": 1}}}}, "invalid", "content.sms.default.text"),
    ({"variables": {}}, "template_undeclared", "content.sms.default.text"),
    ({"variables": {"name": "date"}}, "invalid", "variables.name"),
    ({"variables": {f"v{n}": "any" for n in range(201)}}, "invalid", "variables"),
    ({"colour": 1}, "unknown_field", "colour"),
]


@pytest.mark.parametrize(("changes", "code", "field"), BAD)
async def test_what_cannot_be_is_refused_by_its_field(author, refused, changes, code, field):
    body = {"name": "bad", "content": sms(), **changes}

    await refused(await author.ask("POST", "", json=body), 422, code, field)

    assert (await author.ask("GET", "/bad")).status_code == 404


async def test_what_is_read_but_not_declared_is_named_with_its_line(author) -> None:
    asked = {"content": sms("{{ a }}\n{{ b }}\n{{ c.d }}"), "variables": {"a": "any", "b": "any"}}

    problem = (await author.ask("POST", "", json={"name": "undeclared", **asked})).json()

    assert problem["detail"] == "line 3: 'c' is not declared; declared: a, b"


async def test_declared_types_are_kept_by_what_is_sent(author, refused) -> None:
    types = {"name": "string", "lines": "list", "total": "number", "paid": "boolean"}
    name = await author.make(content=sms("{{ name }}"), variables=types, published=1)
    good = {"name": "Ada", "lines": [], "total": 1.5, "paid": None}

    assert (await author.send(name, **good)).status_code == 202
    for wrong in ({"name": 1}, {"lines": {}}, {"total": "1"}, {"total": True}, {"paid": 0}):
        [field] = wrong
        answer = await author.send(name, **{**good, **wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong_type"), wrong
        assert (answer.json()["field"], answer.json()["limit"]) == (f"data.{field}", types[field])


async def test_a_name_is_given_once(author, refused) -> None:
    name = await author.make()

    answer = await author.ask("POST", "", json={"name": name, "content": sms("other")})

    await refused(answer, 409, "name_taken", "name")
    assert (await author.see(name))["latest"] == 1


async def test_the_list_is_searched_and_paged(author) -> None:
    for letter in "abcde":
        body = {"name": f"list-{letter}", "content": sms(), "category": "newsletter"}
        await author.gets("POST", "", 201, json=body)
    found, after = [], {}
    while after is not None:
        asked = {"search": "LIST-", "limit": 2, **after}
        page = await author.gets("GET", "", params=asked)
        found += [item["name"] for item in page["items"]]
        after = {"after": page["next"]} if page["next"] else None
    assert found == [f"list-{letter}" for letter in "abcde"]

    async def names(**filters: str) -> set[str]:
        page = await author.gets("GET", "", params=filters)
        return {item["name"] for item in page["items"]}

    assert await names(search="list-", category="otp") == set()
    assert await names(search="list-", category="newsletter") == set(found)
    assert await names(search="%") == set()
    await author.gets("DELETE", "/list-c", 204)
    assert "list-c" not in await names(search="list-")
    assert "list-c" in await names(search="list-", archived="true")


async def test_a_deleted_one_is_not_sent_and_its_history_stays(author, api) -> None:
    name = await author.make(published=1)
    await api.database.execute(ENDED, (await author.send(name, name="Ada")).json()["id"])

    await author.gets("DELETE", f"/{name}", 204)
    await author.gets("DELETE", f"/{name}", 204)

    answer = await author.send(name, name="Ada")
    assert (answer.status_code, answer.json()["code"]) == (422, "template_archived")
    campaign = draft(1, content=None, template=name)
    answer = await author.app.ask("POST", "/v1/campaigns", json=campaign)
    assert (answer.status_code, answer.json()["code"]) == (422, "template_archived")
    view = await author.see(name)
    assert view["archived_at"]
    assert len(view["versions"]) == 1
    for method, path, body in [
        ("POST", "/versions", {"content": sms()}),
        ("POST", "/versions/1/publish", {}),
        ("POST", "/rollback", {}),
        ("PATCH", "", {"category": None}),
    ]:
        answer = await author.ask(method, f"/{name}{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "template_archived"), path
    actions = [action for action, _ in await author.audited(api.database, name)]
    assert actions == ["template.create", "template.publish", "template.delete"]


ENDED = """
WITH n AS (UPDATE notification SET ended_at = now(), end_reason = 'sent' WHERE id = $1::uuid
    RETURNING owner_id)
UPDATE owner SET status = 'ended', ended_at = now() FROM n WHERE owner.id = n.owner_id
"""


async def test_a_new_one_of_its_name_takes_it_back_unpublished(author) -> None:
    name = await author.make("one", "two", published=2)
    await author.gets("DELETE", f"/{name}", 204)

    view = await author.gets("POST", "", 201, json={"name": name, "content": sms("three")})

    assert (view["latest"], view["published"], view["archived_at"]) == (3, None, None)
    assert (await author.send(name)).json()["code"] == "unknown_template"
    await author.publish(name, 3)
    assert await author.sent_version(name) == 3


async def test_one_in_use_is_not_deleted_and_what_uses_it_is_named(author, api) -> None:
    name = await author.make("one", "two", published=1)
    id = (await author.send(name)).json()["id"]
    made = await author.app.ask("POST", "/v1/campaigns", json=draft(1, content=None, template=name))
    campaign = made.json()["id"]
    await author.publish(name, 2)  # what is open has the version of then

    answer = await author.ask("DELETE", f"/{name}")

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "in_use")
    assert problem["used_by"] == [
        {"kind": "campaign", "id": campaign, "name": "November news"},
        {"kind": "notification", "id": id, "name": ""},
    ]
    assert "campaign November news" in problem["detail"]
    assert (await author.see(name))["archived_at"] is None
    await author.app.ask("POST", f"/v1/campaigns/{campaign}/cancel")
    await author.app.ask("DELETE", f"/v1/notifications/{id}")
    await author.gets("DELETE", f"/{name}", 204)


async def test_a_copy_of_an_ended_campaign_cannot_send_what_was_deleted(author, hands) -> None:
    name = await author.make(published=1)
    body = draft(1, content=None, template=name)

    async def ask(path: str) -> dict[str, object]:
        answer = await author.app.ask(
            "POST", f"/v1/campaigns{path}", json=body if not path else None
        )
        assert answer.is_success, answer.text
        return answer.json()

    id = (await ask(""))["id"]
    await ask(f"/{id}/cancel")
    await author.gets("DELETE", f"/{name}", 204)
    copy = (await ask(f"/{id}/duplicate"))["id"]
    await ask(f"/{copy}/submit")

    assert await hands.prepare(copy) == "invalid"
    view = (await author.app.ask("GET", f"/v1/campaigns/{copy}")).json()
    assert "template_archived" in {problem["code"] for problem in view["problems"]}


async def test_one_that_waits_to_share_a_workflow_is_open(author, api) -> None:
    name = await author.make(published=1)
    id = (await author.send(name, name="Ada")).json()["id"]
    await api.database.execute(
        "WITH n AS (UPDATE notification SET owner_id = NULL WHERE id = $1::uuid),"
        " o AS (DELETE FROM owner WHERE id = $1::uuid)"
        " UPDATE workflow_start SET kind = 'shared' WHERE id = $1::uuid",
        id,
    )

    problem = (await author.ask("DELETE", f"/{name}")).json()

    assert problem["used_by"] == [{"kind": "notification", "id": id, "name": ""}]


async def test_another_category_is_for_what_is_accepted_afterwards(author, api) -> None:
    name = await author.make("one", published=1, category="newsletter")
    before = (await author.send(name)).json()["id"]

    await author.gets("PATCH", f"/{name}", json={"category": "transactional"})
    after = (await author.send(name)).json()["id"]

    views = [await author.app.seen(id) for id in (before, after)]
    assert [view["category"] for view in views] == ["newsletter", "transactional"]
    assert (await author.audited(api.database, name))[-1] == (
        "template.categorise",
        json.dumps({"category": "transactional"}),
    )
    await author.gets("PATCH", f"/{name}", json={"category": None})
    assert (await author.see(name))["category"] is None


@pytest.mark.parametrize(("method", "path", "body", "scope"), ROUTES)
async def test_each_route_asks_for_its_scope_and_shows_nobody_elses(
    author, api, method, path, body, scope
) -> None:
    name = await author.make()
    scopes = {"templates:read", "templates:write", "templates:publish"}
    lacking = await api.new_key(*scopes - {scope})
    stranger = await api.new_key()

    for key, status, code in ((lacking, 403, "missing_scope"), (stranger, 404, "not_found")):
        headers = {"Authorization": f"Bearer {key}"}
        where = f"/v1/templates/{name}{path}"
        answer = await api.http.request(method, where, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await author.see(name))["archived_at"] is None


@pytest.mark.parametrize(
    "path", ["/nobody", "/a%00b", "/letter%0a", "/" + "x" * 101, "/%ff", "/letter-1/versions/0"]
)
async def test_odd_names_are_just_not_there(author, path) -> None:
    answer = await author.ask("GET", path)
    assert answer.status_code in (404, 422), answer.text
