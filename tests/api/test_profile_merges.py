"""Two profiles of one person become one: once, at once, in a circle, and while one is told."""

from typing import Any

import pytest
from api_in_process import NOTIFICATIONS, welcome
from people_in_api import GROUPS, PROFILES, People, audited, decide, email, sms


@pytest.fixture
def people(api) -> People:
    return People(api)


async def merge(people: People, id: str, into: str) -> Any:
    return await people.ask("POST", f"{PROFILES}/{id}/merge", json={"into": into})


async def test_all_that_one_had_is_the_others(people, api) -> None:
    goes = await people.make(
        email("old@example.org"),
        email("both@example.org"),
        name="Ada",
        locale="de",
        metadata={"a": "old", "b": "old"},
    )
    stays = await people.make(
        email("both@example.org"), sms("+4915112345678"), locale="en", metadata={"a": "new"}
    )
    first = await people.group(goes["external_id"], stays["external_id"])
    second = await people.group(goes["external_id"])
    told = await people.tell(goes["id"], channels=["email"])

    merged = (await merge(people, goes["id"], f"ext:{stays['external_id']}")).json()

    assert merged["id"] == stays["id"]
    assert [(c["channel"], c["address"]) for c in merged["contacts"]] == [
        ("email", "both@example.org"),
        ("email", "old@example.org"),
        ("sms", "+4915112345678"),
    ]
    assert {g["id"] for g in merged["groups"]} == {first["id"], second["id"]}
    assert (merged["name"], merged["locale"]) == ("Ada", "en")
    assert merged["metadata"] == {"a": "new", "b": "old"}
    assert merged["merged"] == [{"id": goes["id"], "external_id": goes["external_id"]}]
    assert (await people.notification(told))["profile_id"] == stays["id"]
    for group, members in ((first, 1), (second, 1)):
        path = f"{GROUPS}/{group['id']}"
        assert (await people.gets("GET", path))["members"] == members
        items = (await people.gets("GET", f"{path}/members"))["items"]
        assert [item["id"] for item in items] == [stays["id"]]
    assert await audited(api, goes["id"]) == [("profile.merge", "key", "tidings up")]


async def test_its_ids_lead_to_the_other(people, database_url) -> None:
    goes, stays = await people.make(), await people.make(email("stays@example.org"))
    await merge(people, goes["id"], stays["id"])

    for ref in (goes["id"], f"ext:{goes['external_id']}"):
        assert (await people.see(ref))["id"] == stays["id"]
    listed = await people.gets("GET", PROFILES, params={"external_id": goes["external_id"]})
    assert listed["items"] == []
    edited = await people.gets(
        "PATCH", f"{PROFILES}/{goes['id']}", json={"revision": 2, "name": "Ada"}
    )
    assert (edited["id"], edited["name"]) == (stays["id"], "Ada")
    for to in ({"profile_id": goes["id"]}, {"external_id": goes["external_id"]}):
        body = welcome(to=to, channels=["email"])
        id = (await people.gets("POST", NOTIFICATIONS, 202, json=body))["id"]
        await decide(database_url, id)
        assert (await people.notification(id))["profile_id"] == stays["id"]
        assert await people.addresses(id) == [("stays@example.org", None)]


async def test_what_was_accepted_while_it_was_merged_arrives(people, api, database_url) -> None:
    goes, stays = await people.make(email("old@example.org")), await people.make()
    id = await people.tell(goes["id"], channels=["email"])
    await merge(people, goes["id"], stays["id"])
    # As if its acceptance had read the profile before, and committed after the merge.
    await api.database.execute(
        "UPDATE notification SET profile_id = $1 WHERE id = $2", goes["id"], id
    )

    await decide(database_url, id)

    assert await people.addresses(id) == [("old@example.org", None)]


async def test_the_same_merge_again_changes_nothing(people) -> None:
    goes, stays, last = await people.make(), await people.make(), await people.make()
    once = (await merge(people, goes["id"], stays["id"])).json()

    assert (await merge(people, goes["id"], stays["id"])).json() == once
    moved = (await merge(people, stays["id"], last["id"])).json()
    assert {m["id"] for m in moved["merged"]} == {goes["id"], stays["id"]}
    again = await merge(people, goes["id"], stays["id"])  # which leads to the last by now
    assert (again.status_code, again.json()) == (200, moved)
    assert (await people.see(goes["id"]))["id"] == last["id"]


async def test_a_merge_that_cannot_be_says_why(people) -> None:
    goes, stays = await people.make(email("a@example.org")), await people.make()
    third = await people.make(email("c@example.org"))
    await merge(people, goes["id"], stays["id"])
    cases = [
        ((goes["id"], third["id"]), 409, "profile_merged", "profile_id", stays["id"]),
        ((stays["id"], goes["id"]), 409, "merge_into_itself", "into", "circle"),
        ((third["id"], third["id"]), 409, "merge_into_itself", "into", "same"),
        ((third["id"], "ext:nobody-at-all"), 404, "not_found", "profile_id", "no such"),
        ((third["id"], "4711"), 422, "not_a_profile_id", "into", "UUID"),
    ]
    before = [await people.see(stays["id"]), await people.see(third["id"])]

    for (id, into), status, code, field, word in cases:
        problem = (await merge(people, id, into)).json()
        assert (problem["status"], problem["code"], problem["field"]) == (status, code, field)
        assert word in problem["detail"]

    assert [await people.see(stays["id"]), await people.see(third["id"])] == before


async def test_merges_at_once_make_one_person(people, at_once) -> None:
    made = [await people.make(email(f"p{n}@example.org")) for n in range(4)]
    pairs = [(a["id"], b["id"]) for a in made for b in made if a is not b]

    answers = await at_once(len(pairs), lambda n: merge(people, *pairs[n]))

    assert {answer.status_code for answer in answers} <= {200, 409}
    ends = {(await people.see(person["id"]))["id"] for person in made}
    assert len(ends) == 1
    left = await people.see(ends.pop())
    assert {c["address"] for c in left["contacts"]} == {f"p{n}@example.org" for n in range(4)}
    assert len(left["merged"]) == 3


async def test_merges_and_uploads_at_once_lose_nobody(people, at_once) -> None:
    made = [await people.make(email(f"q{n}@example.org")) for n in range(6)]
    again = b"".join(
        b'{"external_id": "%s", "name": "Q"}\n' % each["external_id"].encode()
        for each in reversed(made)
    )

    async def call(n: int) -> Any:
        if n % 2:
            return await people.upsert(again)
        return await merge(people, made[n // 2]["id"], made[5 - n // 2]["id"])

    await at_once(6, call)

    addresses = {c["address"] for p in made for c in (await people.see(p["id"]))["contacts"]}
    assert addresses == {f"q{n}@example.org" for n in range(6)}


async def test_a_line_about_a_merged_one_is_refused_by_itself(people) -> None:
    goes, stays = await people.make(), await people.make(name="Ada")
    await merge(people, goes["id"], stays["id"])
    content = b'{"external_id": "%s", "name": "Old"}\n{"external_id": "new-%s"}\n'

    done = await people.upsert(content % ((goes["external_id"].encode(),) * 2))

    assert (done["created"], done["refused"]) == (1, 1)
    (refusal,) = done["refusals"]
    assert (refusal["line"], refusal["field"], refusal["reason"]) == (
        1,
        "external_id",
        "profile_merged",
    )
    assert stays["id"] in refusal["detail"]
    assert (await people.see(stays["id"]))["name"] == "Ada"
