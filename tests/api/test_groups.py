"""Groups and their members, one by one and in bulk; what a campaign names does not vanish."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from own_campaigns import CAMPAIGNS, draft
from people_in_api import GROUPS, NDJSON, People, audited, lines
from starlette.requests import ClientDisconnect
from uuid_utils.compat import uuid7


@pytest.fixture
async def people(api) -> People:
    """Of an application of the test's own."""
    return People(api, await api.new_key(application=f"groups-{uuid7()}"))


async def many(people: People, count: int) -> list[str]:
    """Their external ids."""
    ids = [f"p{n:05}" for n in range(count)]
    await people.upsert(lines(*({"external_id": id} for id in ids)))
    return ids


async def members(people: People, group: dict[str, Any]) -> list[str]:
    """The external ids, over pages of three."""
    ids: list[str] = []
    after = None
    while True:
        query = {"limit": 3} | ({"after": after} if after else {})
        page = await people.gets("GET", f"{GROUPS}/{group['id']}/members", params=query)
        ids += [item["external_id"] for item in page["items"]]
        if (after := page["next"]) is None:
            return sorted(ids)


async def bulk(people: People, group: dict[str, Any], mode: str, content: Any) -> Any:
    path = f"{GROUPS}/{group['id']}/members/bulk"
    return await people.gets("POST", path, params={"mode": mode}, content=content, headers=NDJSON)


async def test_pages_follow_one_another_however_long_the_names_are(people) -> None:
    names = [f"{chr(0x1F600) * 98}{n:02}" for n in range(3)]
    for name in names:
        await people.group(name=name)
    found, after = [], None
    for _ in names:
        query = {"limit": 1} | ({"after": after} if after else {})
        page = await people.gets("GET", GROUPS, params=query)
        found += [item["name"] for item in page["items"]]
        after = page["next"]
    assert (found, after) == (names, None)


async def test_a_group_is_made_read_edited_and_deleted(people, api) -> None:
    group = await people.group(name="staff", description="everyone")
    path = f"{GROUPS}/{group['id']}"
    assert (group["name"], group["description"], group["members"]) == ("staff", "everyone", 0)
    assert await people.gets("GET", path) == group

    edited = await people.gets("PATCH", path, json={"revision": 1, "name": "crew"})
    assert (edited["name"], edited["description"], edited["revision"]) == ("crew", "everyone", 2)
    again = await people.ask("PATCH", path, json={"revision": 1, "name": "all"})
    assert (again.status_code, again.json()["code"]) == (409, "revision_changed")

    await people.gets("DELETE", path, 204)
    assert (await people.ask("GET", path)).status_code == 404
    assert [action for action, *_ in await audited(api, group["id"])] == ["group.delete"]


async def test_a_name_is_one_groups(people) -> None:
    first, second = await people.group(), await people.group()
    body = {"revision": 1, "name": first["name"]}

    for answer in (
        await people.ask("POST", GROUPS, json={"name": first["name"]}),
        await people.ask("PATCH", f"{GROUPS}/{second['id']}", json=body),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


async def test_groups_are_listed_by_name(people) -> None:
    for name in ("beta", "alpha", "alpine", "Älpler"):
        await people.group(name=name)

    page = await people.gets("GET", GROUPS, params={"limit": 3})
    rest = await people.gets("GET", GROUPS, params={"limit": 3, "after": page["next"]})
    some = await people.gets("GET", GROUPS, params={"name": "al"})

    assert [g["name"] for g in page["items"]] == ["alpha", "alpine", "beta"]
    assert ([g["name"] for g in rest["items"]], rest["next"]) == (["Älpler"], None)
    assert [g["name"] for g in some["items"]] == ["alpha", "alpine"]


async def test_members_come_and_go_by_their_external_ids(people) -> None:
    ids = await many(people, 5)
    group = await people.group()
    path = f"{GROUPS}/{group['id']}/members"

    first = await people.gets("POST", path, json={"add": [*ids[:3], "nobody", ids[0]]})
    assert first == {"added": 3, "removed": 0, "members": 3, "unknown": ["nobody"]}
    second = await people.gets("POST", path, json={"add": ids[2:4], "remove": [ids[0], ids[4]]})
    assert second == {"added": 1, "removed": 1, "members": 3, "unknown": []}
    assert await members(people, group) == ids[1:4]

    third = await people.gets("PUT", path, json={"external_ids": [ids[1], ids[4], "nobody"]})
    assert third == {"added": 1, "removed": 2, "members": 2, "unknown": ["nobody"]}
    assert await members(people, group) == [ids[1], ids[4]]
    assert (await people.gets("PUT", path, json={"external_ids": []}))["members"] == 0


async def test_a_list_has_a_thousand_at_most(people) -> None:
    group = await people.group()
    ids = [str(n) for n in range(1001)]

    for method, body in (("POST", {"add": ids}), ("PUT", {"external_ids": ids})):
        answer = await people.ask(method, f"{GROUPS}/{group['id']}/members", json=body)
        assert (answer.status_code, answer.json()["limit"]) == (422, 1000)


async def test_members_in_bulk(people) -> None:
    ids = await many(people, 3000)
    group = await people.group(ids[0])
    said = [{"external_id": id} for id in ids]

    added = await bulk(people, group, "add", lines(*said[:2000]) + b"x\n" + lines(said[0]))
    assert {name: added[name] for name in ("lines", "added", "members", "refused")} == {
        "lines": 2002,
        "added": 1999,
        "members": 2000,
        "refused": 1,
    }
    removed = await bulk(people, group, "remove", lines(*said[:1500], {"external_id": "nobody"}))
    assert (removed["removed"], removed["members"]) == (1500, 500)
    assert [(r["line"], r["reason"]) for r in removed["refusals"]] == [(1501, "unknown_profile")]
    replaced = await bulk(people, group, "replace", lines(*said[1900:]))
    assert (replaced["added"], replaced["removed"], replaced["members"]) == (1000, 400, 1100)


async def test_a_replacement_that_is_broken_off_changes_nothing(people) -> None:
    ids = await many(people, 10)
    group = await people.group(*ids[:5])

    async def half() -> AsyncIterator[bytes]:
        yield lines(*({"external_id": id} for id in ids[5:]))
        raise ClientDisconnect

    answer = await people.ask(
        "POST",
        f"{GROUPS}/{group['id']}/members/bulk?mode=replace",
        content=half(),
        headers=NDJSON,
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "cut_off")
    assert await members(people, group) == ids[:5]


async def test_changes_of_one_group_at_once_are_all_made(people) -> None:
    ids = await many(people, 400)
    group = await people.group()
    path = f"{GROUPS}/{group['id']}/members"
    parts = [ids[n : n + 100] for n in range(0, 400, 100)]

    await asyncio.gather(*(people.gets("POST", path, json={"add": part[::-1]}) for part in parts))

    assert (await people.gets("GET", f"{GROUPS}/{group['id']}"))["members"] == 400


async def test_a_group_that_a_campaign_names_stays(people) -> None:
    group = await people.group()
    path = f"{GROUPS}/{group['id']}"
    await people.gets("POST", "/v1/categories", 201, json=CATEGORY)
    body = draft(audience={"group": group["name"]}, category=CATEGORY["name"])
    campaign = await people.gets("POST", CAMPAIGNS, 201, json=body)

    for method, sent in (("DELETE", None), ("PATCH", {"revision": 1, "name": "other"})):
        answer = await people.ask(method, path, json=sent)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "in_use")
        assert problem["used_by"] == [
            {"kind": "campaign", "id": campaign["id"], "name": campaign["name"]}
        ]
    described = await people.gets("PATCH", path, json={"revision": 1, "description": "ours"})
    assert described["name"] == group["name"]

    await people.gets("POST", f"{CAMPAIGNS}/{campaign['id']}/archive")
    await people.gets("DELETE", path, 204)


CATEGORY = {
    "name": "news",
    "priority": "low",
    "channels": ["sms"],
    "expires_after": 86_400,
}
ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("PATCH", "", {"revision": 1, "name": "x"}),
    ("DELETE", "", None),
    ("GET", "/members", None),
    ("POST", "/members", {"add": ["p00000"]}),
    ("PUT", "/members", {"external_ids": []}),
    ("POST", "/members/bulk", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_another_applications_group_is_not_there(people, api, method, path, body) -> None:
    ids = await many(people, 1)
    group = await people.group(*ids)
    other = People(api, await api.new_key(application="other-groups"))
    more = {"json": body} if body else {"content": b'{"external_id": "p00000"}', "headers": NDJSON}

    answer = await other.ask(method, f"{GROUPS}/{group['id']}{path}", **more)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert await members(people, group) == ids
    assert (await other.gets("GET", GROUPS))["items"] == []


async def test_another_applications_people_do_not_come_in(people, api) -> None:
    ids = await many(people, 1)
    other = People(api, await api.new_key(application=f"groups-{uuid7()}"))
    group = await other.group()

    changed = await other.gets("POST", f"{GROUPS}/{group['id']}/members", json={"add": ids})

    assert (changed["added"], changed["unknown"]) == (0, ids)
