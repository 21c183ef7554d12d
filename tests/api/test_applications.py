"""Applications by API: made with a first key, changed, and only by who looks after all."""

from typing import Any

import orjson
import pytest
from uuid_utils.compat import uuid7

PATH = "/v1/applications"
FIRST = {"name": "first", "owner": "them", "scopes": ["notifications:send", "keys:write"]}


def asked(**changes: Any) -> dict[str, Any]:
    return {"name": f"made-{uuid7()}", "key": FIRST, **changes}


async def test_its_first_key_sends_at_once(api, body) -> None:
    answer = await api.http.post(PATH, json=asked(time_zone="Europe/Berlin"))

    assert answer.status_code == 201, answer.text
    new = answer.json()
    assert new["off_hours"] == {"begins": "20:00", "ends": "06:00"}
    header = f"Bearer {new['key']['key']}"
    content = {"email": {"subject": "Hello", "text": "World"}}
    sent = {"to": {"email": "ada@example.com"}, "content": content}
    assert (await api.send(sent, Authorization=header)).status_code == 202
    seen = (await api.http.get(f"{PATH}/{new['id']}")).json()
    assert seen == {name: value for name, value in new.items() if name != "key"}
    rows = await api.database.fetch(
        "SELECT action, detail::text AS detail FROM audit_entry WHERE application_id = $1",
        new["id"],
    )
    assert [row["action"] for row in rows] == ["application.create", "key.create"]
    assert new["key"]["key"] not in str(rows)


async def test_it_changes_field_by_field(api) -> None:
    new = (await api.http.post(PATH, json=asked(requests_per_second=50))).json()
    where = f"{PATH}/{new['id']}"
    name = f"renamed-{uuid7()}"
    window = {"begins": "21:30", "ends": "05:00"}

    await api.http.patch(where, json={"name": name, "off_hours": window})
    answer = await api.http.patch(where, json={"requests_per_second": None, "name": name})

    view = answer.json()
    assert (view["name"], view["off_hours"], view["requests_per_second"]) == (name, window, None)
    rows = await api.database.fetch(
        "SELECT detail::text AS detail FROM audit_entry"
        " WHERE application_id = $1 AND action = 'application.edit' ORDER BY number",
        new["id"],
    )
    first, second = (orjson.loads(row["detail"]) for row in rows)
    assert first["off_hours_from"] == {"from": "20:00", "to": "21:30"}
    assert second == {"requests_per_second": {"from": 50.0, "to": None}}


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"name": "demo"}, 409, "name_taken", "name"),
        ({"time_zone": "Europe/Atlantis"}, 422, "unknown_time_zone", "time_zone"),
        ({"off_hours": {"begins": "24:00", "ends": "06:00"}}, 422, "invalid", "off_hours.begins"),
        ({"off_hours": {"begins": "20:00Z", "ends": "06:00"}}, 422, "invalid", "off_hours.begins"),
        ({"requests_per_second": 0}, 422, "invalid", "requests_per_second"),
        ({"requests_per_second": 5e-324}, 422, "invalid", "requests_per_second"),
    ],
)
async def test_what_cannot_be_is_refused_when_made_and_when_changed(
    api, refused, changes: dict[str, Any], status: int, code: str, field: str
) -> None:
    new = (await api.http.post(PATH, json=asked())).json()
    await refused(await api.http.post(PATH, json=asked(**changes)), status, code, field)
    answer = await api.http.patch(f"{PATH}/{new['id']}", json=changes)
    await refused(answer, status, code, field)


async def test_its_first_key_is_no_more_than_its_makers(api, refused) -> None:
    key = await api.new_key("applications:write", "applications:read")
    header = {"Authorization": f"Bearer {key}"}
    body = asked(key={**FIRST, "scopes": ["applications:read", "keys:write"]})
    count = await api.database.fetchval("SELECT count(*) FROM application")

    answer = await api.http.post(PATH, json=body, headers=header)

    await refused(answer, 403, "more_than_own", "scopes.1")
    assert await api.database.fetchval("SELECT count(*) FROM application") == count


async def test_they_are_listed_by_name_page_by_page(api) -> None:
    for _ in range(3):
        await api.http.post(PATH, json=asked())
    found, after = [], {}
    while True:
        page = (await api.http.get(PATH, params={"limit": 2, **after})).json()
        found += [item["name"] for item in page["items"]]
        if not page["next"]:
            break
        after = {"after": page["next"]}
    names = await api.database.fetch("SELECT name FROM application ORDER BY name")
    assert found == [row["name"] for row in names]
