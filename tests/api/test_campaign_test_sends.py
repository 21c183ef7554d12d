"""A campaign's content to a few addresses: notifications of their own."""

from typing import Any

import pytest
from own_campaigns import Team, draft, number

SENT = """
SELECT n.data, n.addresses, n.locale, n.priority, c.name AS category, n.template_version_id
FROM notification n JOIN category c ON c.id = n.category_id WHERE n.id = ANY($1)
"""


async def sent(team: Team, id: str, status: int = 202, **body: Any) -> Any:
    return await team.ada.gets("POST", f"/{id}/test", status, json=body)


async def test_each_address_gets_a_notification_that_names_the_campaign(team, api) -> None:
    id = await team.ada.make(1, data={"name": "all"})

    said = await sent(team, id, to=[number(8), "+49 151 00000009", number(8)])

    assert len(said["notifications"]) == 2, "the same number twice is one"
    for notification in said["notifications"]:
        view = await team.app.seen(notification)
        assert view["metadata"] == {"campaign": id}
        assert view["workflow_id"].startswith("batch/")
    rows = await api.database.fetch(SENT, said["notifications"])
    assert {row["addresses"] for row in rows} == {
        f'{{"sms": "{number(8)}"}}',
        f'{{"sms": "{number(9)}"}}',
    }
    assert {(row["priority"], row["category"]) for row in rows} == {("low", "newsletter")}
    last = (await team.ada.events(id))[-1]
    assert (last["kind"], last["by"]) == ("test_sent", "ada@example.com")
    assert last["detail"] == said
    assert number(8) not in str(last)


async def test_its_data_are_the_campaigns_the_first_rows_and_the_callers(team, api) -> None:
    content = {"sms": {"text": "{{ name }} {{ city }} {{ offer }}"}}
    first = {"to": number(1), "name": "Ada", "locale": "de", "data": {"city": "Bonn", "x": "y"}}
    people = {"recipients": [first, {"to": number(2), "data": {"city": "Rome"}}]}
    id = await team.ada.make(
        content=content, audience=people, data={"offer": "none", "city": "here"}
    )

    said = await sent(team, id, to=[number(8)], data={"offer": "all"})

    [row] = await api.database.fetch(SENT, said["notifications"])
    assert row["data"] == '{"city": "Bonn", "name": "Ada", "offer": "all"}'
    assert row["locale"] == "de"


async def test_it_sends_the_version_that_was_submitted(team, api) -> None:
    people = {"recipients": [{"to": "ada@example.com", "name": "Ada"}]}
    id = await team.ada.make(content=None, template="welcome", channel="email", audience=people)
    version = await api.database.fetchval(
        "SELECT template_version_id FROM campaign WHERE id = $1", id
    )
    await api.database.execute(
        "WITH newer AS (INSERT INTO template_version (id, template_id, number, content, variables)"
        " SELECT gen_random_uuid(), template_id, 99, '{}', '{}' FROM template_version WHERE id = $1"
        " RETURNING id, template_id) UPDATE template t SET published_version_id = newer.id"
        " FROM newer WHERE newer.template_id = t.id",
        version,
    )

    said = await sent(team, id, to=["ada@example.com"])

    [row] = await api.database.fetch(SENT, said["notifications"])
    assert row["template_version_id"] == version


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"to": []}, "invalid", "to"),
        ({"to": [number(n) for n in range(11)]}, "invalid", "to"),
        ({"to": ["12"]}, "phone_invalid", "to.0"),
        ({"to": [number(1)], "data": {"nmae": "x"}}, "unknown_variable", "data.nmae"),
        ({"to": [number(1)], "colour": 1}, "unknown_field", "colour"),
    ],
)
async def test_what_cannot_be_sent_is_refused_by_its_field(team, body, code, field) -> None:
    id = await team.ada.make(1)

    problem = await sent(team, id, 422, **body)

    assert (problem["code"], problem["field"]) == (code, field)


async def test_what_the_sample_lacks_is_named(team) -> None:
    people = {"recipients": [{"to": number(1)}]}
    id = await team.ada.make(audience=people)

    problem = await sent(team, id, 422, to=[number(8)])

    assert (problem["code"], problem["field"]) == ("template_undefined", "content.sms.text")
    assert await sent(team, id, to=[number(8)], data={"name": "Ada"})


async def test_an_empty_audience_has_no_data_to_lend(team) -> None:
    asked = draft(audience={"group": "nobody"}, data={"name": "all"})
    id = (await team.ada.gets("POST", "", 201, json=asked))["id"]

    assert (await sent(team, id, to=[number(8)]))["notifications"]


async def test_it_changes_nothing_of_the_campaign(team, hands) -> None:
    id = await team.submitted(1, 2)
    await hands.prepare(id)
    before = await team.ada.see(id)

    await team.grace.gets("POST", f"/{id}/test", 202, json={"to": [number(8)]})

    assert await team.ada.see(id) == before
    assert (await team.grace.approve(id)).status_code == 200, "a test is no edit"
    progress = await team.ada.gets("GET", f"/{id}/progress")
    assert progress["counts"] == {"queued": 2}
