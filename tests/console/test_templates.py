"""The pages of templates: found, written, previewed, compared, published, rolled back."""

import re
from html import unescape

import pytest
from console_visitors import Desk

SMS = {"content.sms.default.text": "Hello {{ name }},\r\nbye"}
FRAME = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:;"


@pytest.fixture(scope="module")
async def author(desk: Desk):
    return desk.staff["author"]


@pytest.fixture(scope="module")
async def approver(desk: Desk):
    return desk.staff["approver"]


async def write(author, name: str, **changes: str) -> None:
    """A template with one version."""
    fields = {"name": name, "category": "newsletter", **SMS, **changes}
    answer = await author.send("/templates/-/new", "/templates", **fields)
    assert answer.status_code == 303, answer.text


async def publish(approver, name: str, version: int, expected: int = 0):
    fields = {"version": version, "expected": expected}
    return await approver.send(f"/templates/{name}", f"/templates/{name}/publish", **fields)


async def test_a_template_is_written_and_found(author) -> None:
    await write(author, "first-letter", variables="name: string")

    page = await author.page("/templates/first-letter")
    found = await author.page("/templates?search=RST-let")
    nobody = await author.page("/templates?search=no-such")

    assert "name</code>" in page
    assert ">first-letter</a>" in found
    assert "No template here" in nobody
    version = await author.page("/templates/first-letter/versions/1")
    assert "Hello {{ name }},\nbye</textarea>" in version  # no CRLF is kept
    assert "name: string</textarea>" in version


async def test_what_does_not_compile_is_not_saved_and_named(author, desk) -> None:
    await write(author, "broken")
    fields = {"content.sms.default.text": "a\r\n{{ b() }}"}
    headers = {"HX-Request": "true"}
    form = await author.form_of("/templates/broken/versions/1")

    answer = await author.post("/templates/broken/versions", {**form, **fields}, **headers)
    again = await author.post(
        "/templates/broken/versions", {**form, "content.sms.default.text": "ab"}, **headers
    )

    assert answer.status_code == 422
    assert 'data-field="content.sms.default.text"' in answer.text
    assert "line 2: calls are not allowed" in answer.text
    assert (again.status_code, again.headers["HX-Redirect"][:27]) == (
        204,
        "/console/templates/broken?a",
    )
    twice = await author.post(
        "/templates/broken/versions", {**form, "content.sms.default.text": "ab"}, **headers
    )
    assert twice.status_code == 409
    latest = "SELECT max(number) FROM template_version v JOIN template t ON t.id = v.template_id"
    assert await desk.api.database.fetchval(f"{latest} WHERE t.name = 'broken'") == 2


async def test_a_preview_is_framed_under_a_policy_of_its_own(author) -> None:
    form = await author.form_of("/templates/-/new")
    fields = {
        **form,
        "content.email.default.subject": "Hi {{ name }}",
        "content.email.default.html": "<p style='color: red'>Dear {{ name }}</p>",
        "content.sms.default.text": "Dear {{ name }} →",
        "data": '{"name": "<Ada>"}',
        "shown": "email/default",
    }

    frame = await author.post("/templates/-/frame", fields)
    facts = await author.post("/templates/-/facts", fields)
    sms = await author.post("/templates/-/frame", {**fields, "shown": "sms/default"})
    segments = await author.post("/templates/-/facts", {**fields, "shown": "sms/default"})

    assert frame.text == "<p style='color: red'>Dear &lt;Ada&gt;</p>"
    assert frame.headers["Content-Security-Policy"].startswith(FRAME)
    assert "Hi &lt;Ada&gt;" in facts.text
    assert "one is made from the HTML" in facts.text
    assert "Dear &lt;Ada&gt; →</body>" in sms.text
    assert "ucs2" in segments.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": "{"}, "not JSON: line 1"),
        ({"data": "[]"}, "want an object"),
        ({"content.sms.default.text": "a\n{{ x.y }}"}, "content.sms.default.text</strong>: line 2"),
        ({"variables": "name: strin"}, "variables.name"),
        ({"variables": ": string"}, "want a variable and its type"),
        ({"variables": "other"}, "'name' is not declared"),
        ({"content.sms.default.text": "{{"}, "line 1"),
    ],
)
async def test_what_is_wrong_with_a_preview_is_said(author, changes, words) -> None:
    form = await author.form_of("/templates/-/new")
    fields = {**form, **SMS, "data": '{"name": "Ada"}', **changes}

    facts = await author.post("/templates/-/facts", fields)
    frame = await author.post("/templates/-/frame", fields)

    assert (facts.status_code, frame.status_code) == (200, 200)
    assert words in unescape(facts.text)
    assert "Ada" not in frame.text


async def test_what_has_no_data_is_shown_by_its_name(author) -> None:
    form = await author.form_of("/templates/-/new")

    facts = await author.post("/templates/-/facts", form)
    frame = await author.post("/templates/-/frame", {**form, **SMS, "data": ""})

    assert "What you write is shown here." in facts.text
    assert "Hello name,\nbye" in frame.text


async def test_what_is_said_of_a_text_is_no_markup(author) -> None:
    form = await author.form_of("/templates/-/new")
    texts = {
        "content.telegram.default.text": "<marquee>100 %(x)s</marquee>",
        "content.sms.default.text": "100 % → <b>",
    }

    for shown, words in (("telegram/default", "marquee"), ("sms/default", "→")):
        facts = await author.post("/templates/-/facts", {**form, **texts, "shown": shown})
        assert facts.status_code == 200, facts.text
        assert words in facts.text
        assert "<marquee" not in facts.text


async def test_channels_and_languages_come_and_go_with_what_is_written(author) -> None:
    form = await author.form_of("/templates/-/new")
    added = await author.post(
        "/templates/-/sections",
        {**form, **SMS, "channel": "email", "locale": "pt-BR", "section": "telegram/default"},
    )
    removed = await author.post(
        "/templates/-/sections",
        {**form, **SMS, "content.sms.de.text": "Hallo", "remove": "sms/default"},
    )
    refused = await author.post(
        "/templates/-/sections", {**form, **SMS, "channel": "email", "locale": "German"}
    )

    assert 'name="content.email.pt-BR.subject"' in added.text
    assert 'name="content.telegram.default.text"' in added.text  # nothing is written in it yet
    assert "Hello {{ name }},\nbye</textarea>" in added.text
    assert re.search(r'value="email/pt-BR" +checked', added.text)
    assert "content.sms.default.text" not in removed.text
    assert "Hallo</textarea>" in removed.text
    assert refused.status_code == 422


async def test_publishing_is_for_approvers_and_writing_for_authors(desk, author, approver) -> None:
    await write(author, "roles")
    page = await author.page("/templates/roles")
    assert "Publish version 1" not in page
    assert (await publish(author, "roles", 1)).status_code == 403
    assert "Publish version 1" in await approver.page("/templates/roles")
    assert (await approver.get("/templates/-/new")).status_code == 403
    assert (await publish(approver, "roles", 1)).status_code == 303
    viewer = await desk.staff["viewer"].page("/templates/roles/versions/1")
    assert "readonly" in viewer
    assert "Save as a new version" not in viewer


async def test_of_two_who_publish_the_second_is_told(author, approver, desk) -> None:
    await write(author, "two-at-once")
    for text in ("two", "three"):
        fields = {"content.sms.default.text": text}
        await author.send(
            "/templates/two-at-once/versions/1", "/templates/two-at-once/versions", **fields
        )
    first = await publish(approver, "two-at-once", 2)
    second = await publish(desk.staff["admin"], "two-at-once", 3)

    assert first.status_code == 303
    assert second.status_code == 409
    assert "version 2 is published now" in second.text
    await publish(approver, "two-at-once", 3, expected=2)
    page = await approver.page("/templates/two-at-once")
    assert "Version 3 is published." in page
    back = await approver.send(
        "/templates/two-at-once", "/templates/two-at-once/rollback", expected=3
    )
    assert back.status_code == 303
    said = await desk.api.database.fetch(
        "SELECT action, actor_kind, detail->>'version' AS version FROM audit_entry"
        " WHERE action LIKE 'template.%' AND detail->>'name' = 'two-at-once' ORDER BY number"
    )
    assert [tuple(row) for row in said][-3:] == [
        ("template.publish", "staff", "2"),
        ("template.publish", "staff", "3"),
        ("template.roll_back", "staff", "2"),
    ]


async def test_two_versions_are_compared(author) -> None:
    await write(author, "compared")
    fields = {"content.sms.default.text": "Hello {{ name }},\nciao", "variables": "name: string"}
    await author.send("/templates/compared/versions/1", "/templates/compared/versions", **fields)

    page = await author.page("/templates/compared/diff?before=1&after=2")
    same = await author.page("/templates/compared/diff?before=1&after=1")

    assert "<del>-bye" in page
    assert "<ins>+ciao" in page
    assert "name: any → string" in page
    assert "They say the same" in same


async def test_one_in_use_is_not_deleted(author, approver, desk) -> None:
    await write(author, "in-use")
    await publish(approver, "in-use", 1)
    body = {"to": {"sms": "+4915112345678"}, "template": "in-use", "data": {"name": "Ada"}}
    sent = await desk.api.send(body)
    assert sent.status_code == 202

    refused = await author.send("/templates/in-use", "/templates/in-use/delete")
    await desk.api.http.delete(f"/v1/notifications/{sent.json()['id']}")
    done = await author.send("/templates/in-use", "/templates/in-use/delete")

    assert refused.status_code == 409
    assert f"notification {sent.json()['id']}" in refused.text
    assert done.status_code == 303
    assert ">in-use</a>" not in await author.page("/templates?search=in-use&category=newsletter")
    assert "It is deleted" in await author.page("/templates/in-use")


async def test_another_applications_templates_are_not_there(author, desk) -> None:
    await write(author, "ours")
    await desk.api.new_key(application="other")
    assert (await author.get("/templates/ours?application=other")).status_code == 404
    assert ">ours</a>" not in await author.page("/templates?application=other&search=ours")
