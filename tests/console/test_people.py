"""The pages of profiles, groups and suppressions."""

from typing import Any

import pytest
from console_visitors import Browser, Desk
from people_in_api import People, decide, email
from uuid_utils.compat import uuid7


@pytest.fixture
def people(api) -> People:
    return People(api)


async def done(browser: Browser, page: str, path: str, **fields: Any) -> str:
    """Where the form leads."""
    answer = await browser.send(page, path, **fields)
    assert answer.status_code == 303, (answer.status_code, answer.text)
    return answer.headers["location"].removeprefix("/console")


async def audited(desk: Desk, subject_id: str) -> list[str]:
    """What was done to it by the staff."""
    rows = await desk.api.database.fetch(
        "SELECT action FROM audit_entry WHERE subject_id = $1 AND actor_kind = 'staff'"
        " ORDER BY number",
        subject_id,
    )
    return [row["action"] for row in rows]


async def test_a_profile_is_made_found_edited_and_deleted(desk: Desk) -> None:
    author, name = desk.staff["author"], f"Ada{uuid7().hex[-8:]}"
    address = f"{name}@example.org"
    there = await done(
        author,
        "/profiles/new",
        "/profiles",
        external_id=name,
        name=f"{name} Lovelace",
        channel="email",
        address=address,
    )
    id = there.partition("?")[0].rpartition("/")[2]

    for query in (f"name={name.lower()}", f"external_id={name}", f"address={address}"):
        assert f"/profiles/{id}" in await author.page(f"/profiles?{query}&group="), query
    assert "Nobody is like this" in await author.page("/profiles?address=still+typing")

    await done(
        author, f"/profiles/{id}", f"/profiles/{id}/edit", revision="1", external_id=name, name="No"
    )
    page = await author.page(f"/profiles/{id}")
    assert "<h1>No</h1>" in page
    assert 'name="revision" value="2"' in page
    stale = await author.send(
        f"/profiles/{id}", f"/profiles/{id}/edit", revision="1", external_id=name
    )
    assert stale.status_code == 409

    await done(author, f"/profiles/{id}", f"/profiles/{id}/delete")
    assert (await author.get(f"/profiles/{id}")).status_code == 404
    assert await audited(desk, id) == ["profile.create", "profile.edit", "profile.delete"]


async def test_contacts_and_groups_of_a_profile(desk: Desk, people: People) -> None:
    author = desk.staff["author"]
    person, group = await people.make(email("one@example.org")), await people.group()
    path = f"/profiles/{person['id']}"

    await done(author, path, f"{path}/contacts", channel="email", address="two@example.org")
    two = (await people.see(person["id"]))["contacts"][1]
    await done(author, path, f"{path}/contacts/{two['id']}/first")
    contacts = (await people.see(person["id"]))["contacts"]
    assert [(c["address"], c["rank"]) for c in contacts] == [
        ("two@example.org", 0),
        ("one@example.org", 1),
    ]
    await done(author, path, f"{path}/contacts/{two['id']}/remove")
    await done(author, path, f"{path}/groups", group_id=group["id"])
    seen = await people.see(person["id"])
    assert [c["address"] for c in seen["contacts"]] == ["one@example.org"]
    assert [g["id"] for g in seen["groups"]] == [group["id"]]
    await done(author, path, f"{path}/groups/{group['id']}/leave")
    assert (await people.see(person["id"]))["groups"] == []
    assert await audited(desk, person["id"]) == [
        "contact.add",
        "contact.rank",
        "contact.remove",
        "group.add",
        "group.remove",
    ]


async def test_what_it_got_and_why(desk: Desk, people: People, database_url: str) -> None:
    person = await people.make(email(f"{uuid7()}@example.org"))
    suppressed = {**email(person["contacts"][0]["address"]), "reason": "requested"}
    await people.gets("POST", "/v1/suppressions", 201, json=suppressed)
    await decide(database_url, await people.tell(person["id"], channels=["email"]))

    page = await desk.staff["viewer"].page(f"/profiles/{person['id']}")

    assert '<span class="badge doubtful">suppressed</span>' in page
    assert ">requested<" in page
    assert "Delete</button>" not in page


async def test_two_are_merged(desk: Desk, people: People) -> None:
    goes, stays = await people.make(email("goes@example.org")), await people.make()
    author, path = desk.staff["author"], f"/profiles/{goes['id']}"

    there = await done(author, path, f"{path}/merge", into=stays["external_id"])

    assert there.partition("?")[0] == f"/profiles/{stays['id']}"
    assert "goes@example.org" in await author.page(there)
    again = await author.send(there, f"/profiles/{stays['id']}/merge", into=goes["external_id"])
    assert again.status_code == 409


async def test_a_group_and_its_members(desk: Desk, people: People) -> None:
    author, name = desk.staff["author"], f"crew-{uuid7().hex[-8:]}"
    ids = [(await people.make())["external_id"] for _ in range(3)]
    there = await done(author, "/groups/new", "/groups", name=name)
    path = there.partition("?")[0]

    await done(author, path, f"{path}/members", add="\r\n".join([*ids, "nobody", ""]))
    await done(author, path, f"{path}/members", remove=ids[0])
    page = await author.page(path)
    assert [id in page for id in ids] == [False, True, True]
    await done(
        author, path, f"{path}/edit", revision="1", name=name, description="who sails with us"
    )
    assert "who sails with us" in await author.page(f"/groups?name={name}")
    await done(author, path, f"{path}/delete")
    assert name not in await author.page("/groups")
    assert await audited(desk, path.rpartition("/")[2]) == [
        "group.create",
        "group.members",
        "group.members",
        "group.edit",
        "group.delete",
    ]


async def test_a_suppression_is_added_and_lifted(desk: Desk) -> None:
    operator, address = desk.staff["operator"], f"{uuid7()}@example.org"
    fields = {"channel": "email", "address": address, "reason": "legal", "note": "ticket 4711"}

    await done(operator, "/suppressions/new", "/suppressions", **fields)

    page = await operator.page(f"/suppressions?address={address}&channel=email&reason=legal")
    assert "ticket 4711" in page
    row = await desk.api.database.fetchrow(
        "SELECT id, created_by FROM suppression WHERE address = $1", address
    )
    assert row["created_by"].startswith("operator-")
    await done(operator, "/suppressions", f"/suppressions/{row['id']}/lift")
    assert "like this" in await operator.page(f"/suppressions?address={address}")
    assert await audited(desk, str(row["id"])) == ["suppression.add", "suppression.lift"]


async def test_what_is_wrong_names_the_field(desk: Desk) -> None:
    new = await desk.staff["author"].form_of("/profiles/new")
    bad = {"external_id": f"{uuid7()}", "channel": "email", "address": "ada"}
    answer = await desk.staff["author"].post("/profiles", {**new, **bad}, **{"HX-Request": "true"})

    assert answer.status_code == 422
    assert 'data-field="contacts.0.address"' in answer.text


@pytest.mark.parametrize("page", ["/profiles", "/groups", "/suppressions"])
async def test_the_pages_speak_chinese(desk: Desk, page: str) -> None:
    answer = await desk.browser().get("/login", headers={"Accept-Language": "zh"})
    assert answer.status_code == 200
    text = (await desk.staff["viewer"].get(page, headers={"Accept-Language": "zh-CN"})).text
    titles = {"/profiles": "用户档案", "/groups": "群组", "/suppressions": "屏蔽名单"}
    assert f"<h1>{titles[page]}</h1>" in text
