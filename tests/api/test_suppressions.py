"""Suppressions: added and lifted, each with who and when; the next decision knows."""

import pytest
from api_in_process import NOTIFICATIONS, welcome
from people_in_api import SUPPRESSIONS, People, audited, decide, email
from uuid_utils.compat import uuid7


@pytest.fixture
def people(api) -> People:
    return People(api)


@pytest.fixture
def address() -> str:
    return f"{uuid7()}@example.org"


async def suppress(people: People, address: str, status: int = 201, **more: str) -> dict[str, str]:
    body = {**email(address), "reason": "requested", **more}
    return await people.gets("POST", SUPPRESSIONS, status, json=body)


async def test_who_when_and_why_are_kept(people, api, address) -> None:
    made = await suppress(people, address.replace("org", "ORG"), note="by phone, ticket 4711")

    assert made == await people.gets("GET", f"{SUPPRESSIONS}/{made['id']}")
    assert {name: made[name] for name in ("channel", "address", "reason", "note")} == {
        "channel": "email",
        "address": address,
        "reason": "requested",
        "note": "by phone, ticket 4711",
    }
    assert made["created_by"] == "tidings up"
    assert await audited(api, made["id"]) == [("suppression.add", "key", "tidings up")]


async def test_one_that_is_there_stays_as_it_is(people, address, api) -> None:
    made = await suppress(people, address)

    assert await suppress(people, address, 200, reason="legal") == made
    assert len(await audited(api, made["id"])) == 1


async def test_lifting_one_changes_what_is_decided_next(people, database_url, address, api) -> None:
    made = await suppress(people, address)

    before = await told(people, database_url, address)
    lifted = await people.gets("DELETE", f"{SUPPRESSIONS}/{made['id']}")
    after = await told(people, database_url, address)

    assert lifted == made
    assert (before["status"], before["messages"][0]["reason"]) == ("suppressed", "requested")
    assert (after["messages"][0]["phase"], after["messages"][0]["result"]) == ("queued", None)
    assert [action for action, *_ in await audited(api, made["id"])] == [
        "suppression.add",
        "suppression.lift",
    ]
    gone = await people.ask("DELETE", f"{SUPPRESSIONS}/{made['id']}")
    assert (gone.status_code, gone.json()["field"]) == (404, "suppression_id")


async def told(people: People, database_url: str, address: str) -> dict[str, object]:
    """A notification to it, decided now."""
    body = welcome(to={"email": address})
    id = (await people.gets("POST", NOTIFICATIONS, 202, json=body))["id"]
    await decide(database_url, id)
    return await people.notification(id)


async def test_a_profiles_contact_says_that_it_is_suppressed(people, database_url, address) -> None:
    person = await people.make(email(address), email(f"other-{address}"))
    made = await suppress(people, address)

    seen = await people.see(person["id"])
    assert [c["suppressed"] for c in seen["contacts"]] == ["requested", None]
    id = await people.tell(person["id"], channels=["email"])
    await decide(database_url, id)
    assert await people.addresses(id) == [(f"other-{address}", None)]

    await people.gets("DELETE", f"{SUPPRESSIONS}/{made['id']}")
    id = await people.tell(person["id"], channels=["email"])
    await decide(database_url, id)
    assert await people.addresses(id) == [(address, None)]


async def test_they_are_found_by_address_channel_and_reason(api) -> None:
    application = f"suppressed-{uuid7()}"
    people = People(api, await api.new_key(application=application))
    for n in range(3):
        await suppress(people, f"p{n}@example.org", reason="legal" if n == 1 else "requested")
    body = {"channel": "sms", "address": "+49 151 12345678", "reason": "legal"}
    await people.gets("POST", SUPPRESSIONS, 201, json=body)
    # As a vendor's refusal writes it.
    await api.database.execute(
        "INSERT INTO suppression (application_id, channel, address, reason)"
        " SELECT id, 'email', 'gone@example.org', 'no_such_mailbox' FROM application"
        " WHERE name = $1",
        application,
    )

    assert await found(people) == [
        "gone@example.org",
        "+4915112345678",
        "p2@example.org",
        "p1@example.org",
        "p0@example.org",
    ]
    assert await found(people, channel="sms") == ["+4915112345678"]
    assert await found(people, reason="legal") == ["+4915112345678", "p1@example.org"]
    assert await found(people, reason="legal", channel="email") == ["p1@example.org"]
    assert await found(people, address="+49-151-12345678") == ["+4915112345678"]
    assert await found(people, address="p2@EXAMPLE.org") == ["p2@example.org"]
    assert await found(people, address="nobody@example.org") == []
    (vendors,) = (await people.gets("GET", SUPPRESSIONS, params={"reason": "no_such_mailbox"}))[
        "items"
    ]
    assert vendors["created_by"] is None


async def found(people: People, **search: str) -> list[str]:
    """The addresses, over pages of two."""
    addresses: list[str] = []
    after = None
    while True:
        query = {**search, "limit": 2} | ({"after": after} if after else {})
        page = await people.gets("GET", SUPPRESSIONS, params=query)
        addresses += [item["address"] for item in page["items"]]
        if (after := page["next"]) is None:
            return addresses


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"address": "ada"}, "email_invalid", "address"),
        ({"channel": "fax"}, "invalid", "channel"),
        ({"reason": "because"}, "invalid", "reason"),
        ({"note": "two\nlines"}, "invalid", "note"),
        ({"note": "x" * 501}, "invalid", "note"),
    ],
)
async def test_what_is_wrong_names_its_field(people, address, wrong, code, field) -> None:
    body = {**email(address), "reason": "manual", **wrong}

    problem = (await people.ask("POST", SUPPRESSIONS, json=body)).json()

    assert (problem["status"], problem["code"], problem["field"]) == (422, code, field)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("reason=%00", "reason"),
        ("reason=", "reason"),
        ("address=%00", "address"),
        ("address=nobody", "address"),
        ("channel=fax", "channel"),
        ("channel=sms&address=ada@example.org", "address"),
    ],
)
async def test_a_search_that_means_nothing_is_refused(people, query, field) -> None:
    answer = await people.ask("GET", f"{SUPPRESSIONS}?{query}")

    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_added_by_several_at_once_it_is_one(people, address, at_once) -> None:
    body = {**email(address), "reason": "manual"}

    answers = await at_once(5, lambda n: people.ask("POST", SUPPRESSIONS, json=body))

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_another_applications_suppression_is_not_there(people, api, address) -> None:
    made = await suppress(people, address)
    other = People(api, await api.new_key(application="other-suppressions"))

    for method in ("GET", "DELETE"):
        answer = await other.ask(method, f"{SUPPRESSIONS}/{made['id']}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await other.gets("GET", SUPPRESSIONS))["items"] == []
    assert await suppress(other, address)  # its own
    assert await people.gets("GET", f"{SUPPRESSIONS}/{made['id']}") == made


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "", "suppressions:read"),
        ("POST", "", "suppressions:write"),
        ("GET", "/01890000-0000-7000-8000-000000000000", "suppressions:read"),
        ("DELETE", "/01890000-0000-7000-8000-000000000000", "suppressions:write"),
    ],
)
async def test_each_route_names_the_scope_it_needs(api, address, method, path, scope) -> None:
    people = People(api, await api.new_key("profiles:read", "profiles:write"))
    body = {**email(address), "reason": "manual"} if method == "POST" else None

    problem = (await people.ask(method, f"{SUPPRESSIONS}{path}", json=body)).json()

    assert (problem["code"], problem["limit"]) == ("missing_scope", scope)
