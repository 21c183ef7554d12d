"""Profiles and contacts as callers meet them: made, found, edited by several at once."""

from typing import Any

import pytest
from people_in_api import GROUPS, PROFILES, People, decide, email, sms
from uuid_utils.compat import uuid7


@pytest.fixture
def people(api) -> People:
    return People(api)


@pytest.fixture(scope="module")
async def others(api) -> People:
    """Another application's."""
    return People(api, await api.new_key(application="others"))


async def test_a_profile_is_what_was_asked_for(people) -> None:
    asked = {
        "name": "Ada Lovelace",
        "locale": "en_GB",
        "time_zone": "Europe/London",
        "metadata": {"team": "engines"},
    }
    made = await people.make(email("Ada@BÜCHER.example.org"), sms("+49 (151) 1234-5678"), **asked)

    assert made == await people.see(made["id"])
    assert made == await people.see(f"ext:{made['external_id']}")
    assert {name: made[name] for name in asked} == asked | {"locale": "en-GB"}
    assert [(c["channel"], c["address"], c["rank"]) for c in made["contacts"]] == [
        ("email", "Ada@xn--bcher-kva.example.org", 0),
        ("sms", "+4915112345678", 1),
    ]
    assert (made["revision"], made["groups"], made["merged"]) == (1, [], [])


async def test_two_profiles_have_no_external_id_in_common(people) -> None:
    first = await people.make()

    answer = await people.ask("POST", PROFILES, json={"external_id": first["external_id"]})

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "external_id_taken")
    assert first["id"] in problem["detail"]


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"external_id": ""}, "invalid", "external_id"),
    ({"external_id": None}, "invalid", "external_id"),
    ({"external_id": "x" * 201}, "invalid", "external_id"),
    ({"name": "two\nlines"}, "invalid", "name"),
    ({"locale": "English, please"}, "invalid", "locale"),
    ({"time_zone": "Mars/Olympus_Mons"}, "unknown_time_zone", "time_zone"),
    ({"metadata": {"a": 1}}, "invalid", "metadata.a"),
    ({"metadata": {str(n): "" for n in range(21)}}, "invalid", "metadata"),
    ({"colour": 1}, "unknown_field", "colour"),
    ({"contacts": [email("ada")]}, "email_invalid", "contacts.0.address"),
    ({"contacts": [sms("0151")]}, "phone_invalid", "contacts.0.address"),
    ({"contacts": [{"channel": "fax", "address": "1"}]}, "invalid", "contacts.0.channel"),
    ({"contacts": [email("a@example.org", rank=-1)]}, "invalid", "contacts.0.rank"),
    ({"contacts": [email(f"p{n}@example.org") for n in range(21)]}, "invalid", "contacts"),
    (
        {"contacts": [email("a@example.org"), sms("+4915112345678"), email("a@EXAMPLE.org")]},
        "contact_twice",
        "contacts.2.address",
    ),
]


@pytest.mark.parametrize(("wrong", "code", "field"), BAD)
async def test_what_is_wrong_names_its_field_and_nothing_is_stored(
    people, wrong, code, field
) -> None:
    external_id = f"wrong-{uuid7()}"

    answer = await people.ask("POST", PROFILES, json={"external_id": external_id, **wrong})

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, code, field)
    assert (await people.ask("GET", f"{PROFILES}/ext:{external_id}")).status_code == 404


async def test_an_address_twice_names_the_first(people) -> None:
    body = {"external_id": "twice", "contacts": [email("a@example.org"), email("a@EXAMPLE.org")]}
    detail = (await people.ask("POST", PROFILES, json=body)).json()["detail"]
    assert detail == "the same address as contacts.0"

    person = await people.make(sms("+4915112345678"))
    answer = await people.ask(
        "POST", f"{PROFILES}/{person['id']}/contacts", json=sms("+49 151 12345678")
    )

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "contact_twice")
    assert person["contacts"][0]["id"] in problem["detail"]
    assert await people.see(person["id"]) == person


async def test_an_edit_changes_what_it_names(people) -> None:
    person = await people.make(name="Ada", metadata={"a": "1"}, time_zone="Europe/London")
    path = f"{PROFILES}/ext:{person['external_id']}"

    edited = await people.gets("PATCH", path, json={"revision": 1, "name": "Ada King"})

    same = ("id", "external_id", "metadata", "time_zone", "created_at")
    assert {name: edited[name] for name in same} == {name: person[name] for name in same}
    assert (edited["name"], edited["revision"]) == ("Ada King", 2)
    assert edited["updated_at"] > person["updated_at"]


async def test_of_two_edits_at_once_one_is_told_so(people, at_once) -> None:
    person = await people.make(name="Ada")
    path = f"{PROFILES}/{person['id']}"

    async def edit(n: int) -> Any:
        return await people.ask("PATCH", path, json={"revision": 1, "name": f"Ada {n}"})

    answers = await at_once(5, edit)

    won = [answer.json()["name"] for answer in answers if answer.status_code == 200]
    lost = [answer.json() for answer in answers if answer.status_code == 409]
    assert (len(won), len(lost)) == (1, 4)
    assert {(p["code"], p["field"], p["limit"]) for p in lost} == {
        ("revision_changed", "revision", 2)
    }
    assert (await people.see(person["id"]))["name"] == won[0]


async def test_an_edit_needs_the_revision_and_a_free_external_id(people) -> None:
    first, second = await people.make(), await people.make()
    path = f"{PROFILES}/{first['id']}"

    without = await people.ask("PATCH", path, json={"name": "Ada"})
    taken = await people.ask(
        "PATCH", path, json={"revision": 1, "external_id": second["external_id"]}
    )

    assert (without.status_code, without.json()["field"]) == (422, "revision")
    assert (taken.status_code, taken.json()["code"]) == (409, "external_id_taken")
    assert await people.see(first["id"]) == first


async def test_contacts_are_added_ranked_and_removed(people, database_url) -> None:
    person = await people.make(email("first@example.org"))
    path = f"{PROFILES}/{person['id']}/contacts"
    second = await people.gets("POST", path, 201, json=email("second@example.org"))
    assert [c["rank"] for c in second["contacts"]] == [0, 1]
    first_id, second_id = (c["id"] for c in second["contacts"])

    assert await told(people, database_url, person) == "first@example.org"
    await people.gets("PATCH", f"{path}/{first_id}", json={"rank": 2})
    assert await told(people, database_url, person) == "second@example.org"
    left = await people.gets("DELETE", f"{path}/{second_id}")
    assert await told(people, database_url, person) == "first@example.org"

    assert [c["id"] for c in left["contacts"]] == [first_id]
    assert left["revision"] == 4
    for method, body in (("PATCH", {"rank": 0}), ("DELETE", None)):
        answer = await people.ask(method, f"{path}/{second_id}", json=body)
        assert (answer.status_code, answer.json()["field"]) == (404, "contact_id")


async def told(people: People, database_url: str, person: dict[str, Any]) -> str:
    """Where a notification goes now."""
    id = await people.tell(person["id"], channels=["email"])
    await decide(database_url, id)
    ((address, _),) = await people.addresses(id)
    return address


async def test_a_profile_has_twenty_contacts_at_most(people) -> None:
    person = await people.make(*(email(f"p{n}@example.org") for n in range(20)))

    answer = await people.ask(
        "POST", f"{PROFILES}/{person['id']}/contacts", json=email("more@example.org")
    )

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["limit"]) == (409, "too_many_contacts", 20)


async def found(people: People, **search: Any) -> list[str]:
    """The external ids, over pages of two."""
    ids: list[str] = []
    after = None
    while True:
        page = await people.gets(
            "GET", PROFILES, params={**search, "limit": 2} | ({"after": after} if after else {})
        )
        ids += [item["external_id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            return ids


async def test_profiles_are_found_by_what_is_known_of_them(api) -> None:
    people = People(api, await api.new_key(application="searched"))
    for external_id, name, address in (
        ("a-1", "Ada Lovelace", "ada@example.org"),
        ("a_2", "Grace Hopper", "grace@example.org"),
        ("a-10", "Ada Byron O'Lovelace", "+4915112345678"),
        ("A-1", "王小明", "@ming"),
        ("a-1%", "Ångström, Søren", "ada@example.org"),
    ):
        channel = {"+": "sms", "@": "telegram"}.get(address[0], "email")
        await people.make(
            {"channel": channel, "address": address}, external_id=external_id, name=name
        )
    group = await people.group("a-1", "A-1")

    assert await found(people) == ["a-1%", "A-1", "a-10", "a_2", "a-1"]
    assert await found(people, external_id="a-1") == ["a-1", "a-1%", "a-10"]
    assert await found(people, external_id="a-1%") == ["a-1%"]
    assert await found(people, name="love") == ["a-10", "a-1"]
    assert await found(people, name="LOVELACE ad") == ["a-10", "a-1"]
    assert await found(people, name="王小") == ["A-1"]
    assert await found(people, name="ångström") == ["a-1%"]
    for nothing in ("nobody", "'", ":* & | !", "\\", "ada &"):
        assert await found(people, name=nothing) in ([], ["a-10", "a-1"]), nothing
    assert await found(people, address="ada@EXAMPLE.org") == ["a-1%", "a-1"]
    assert await found(people, address="+49 151 12345678", channel="sms") == ["a-10"]
    assert await found(people, address="@ming") == ["A-1"]
    assert await found(people, group_id=group["id"]) == ["A-1", "a-1"]
    assert await found(people, address="ada@example.org", name="lovelace") == ["a-1"]
    assert await found(people, group_id=group["id"], external_id="a") == ["a-1"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("address=nobody", "address_invalid"),
        ("address=ada@example.org&channel=sms", "phone_invalid"),
        ("channel=fax", "invalid"),
        ("group_id=x", "not_a_uuid"),
        ("channel=email", "address_missing"),
        ("external_id=", "invalid"),
        ("external_id=%00", "nul"),
        ("name=a%00", "nul"),
        ("address=a%0A", "invalid"),
    ],
)
async def test_a_search_that_means_nothing_is_refused(people, query, code) -> None:
    answer = await people.ask("GET", f"{PROFILES}?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("ref", ["4711", "ext:", "ext", "%00", "ext:%00", "ä" * 204])
async def test_what_is_no_id_is_refused(people, ref) -> None:
    answer = await people.ask("GET", f"{PROFILES}/{ref}")

    assert (answer.status_code, answer.json()["field"]) == (422, "profile_id")


ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("PATCH", "", {"revision": 1, "name": "Eve"}),
    ("DELETE", "", None),
    ("POST", "/merge", {"into": "ext:eve"}),
    ("POST", "/contacts", email("eve@example.org")),
    ("PATCH", "/contacts/{contact}", {"rank": 5}),
    ("DELETE", "/contacts/{contact}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_another_applications_profile_is_not_there(
    people, others, method, path, body
) -> None:
    person = await people.make(email("ada@example.org"))
    await others.upsert(b'{"external_id": "eve"}\n')
    where = path.replace("{contact}", person["contacts"][0]["id"])

    for ref in (person["id"], f"ext:{person['external_id']}"):
        answer = await others.ask(method, f"{PROFILES}/{ref}{where}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    assert await people.see(person["id"]) == person
    assert person["external_id"] not in await found(others)


async def test_no_merge_leads_into_another_application(people, others) -> None:
    person, eve = await people.make(), await others.make()

    answer = await others.ask("POST", f"{PROFILES}/{eve['id']}/merge", json={"into": person["id"]})

    assert answer.status_code == 404
    assert (await others.see(eve["id"]))["merged"] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", PROFILES, None),
        ("POST", PROFILES, {"external_id": "1"}),
        ("POST", f"{PROFILES}/bulk", None),
        *[(method, f"{PROFILES}/ext:1{path}", body) for method, path, body in ROUTES[:5]],
        ("GET", GROUPS, None),
        ("POST", GROUPS, {"name": "x"}),
    ],
)
async def test_each_route_names_the_scope_it_needs(api, method, path, body) -> None:
    scope = "profiles:read" if method == "GET" else "profiles:write"
    other = {"profiles:read", "profiles:write"} - {scope}
    people = People(api, await api.new_key(*other))

    answer = await people.ask(method, path, json=body)

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["limit"]) == (403, "missing_scope", scope)
