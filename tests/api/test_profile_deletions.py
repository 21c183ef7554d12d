"""A deleted profile: what was on its way to it says so, and what was sent stays in the books."""

from datetime import UTC, datetime, timedelta

import pytest
from people_in_api import GROUPS, PROFILES, People, audited, decide, email

from deploy.auditing.audit import Question, audit


@pytest.fixture
def people(api) -> People:
    return People(api)


def soon() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


async def test_what_is_scheduled_for_it_is_cancelled_with_a_reason(people, api) -> None:
    person = await people.make(email("ada@example.org"))
    group = await people.group(person["external_id"])
    ids = [await people.tell(person["id"], send_at=soon()) for _ in range(3)]
    await people.gets("DELETE", f"/v1/notifications/{ids[2]}")

    deleted = await people.gets("DELETE", f"{PROFILES}/{person['id']}")

    assert deleted == {"id": person["id"], "stopped": 2, "under_way": 0}
    for id in ids[:2]:
        view = await people.notification(id)
        assert (view["status"], view["profile_id"]) == ("cancelled", person["id"])
        assert view["ended_at"]
        assert [(e["kind"], e["reason"]) for e in view["timeline"]] == [
            ("accepted", None),
            ("cancel_requested", "profile_deleted"),
            ("ended", "cancelled"),
        ]
    assert (await people.gets("GET", f"{GROUPS}/{group['id']}"))["members"] == 0
    assert await api.database.fetchval("SELECT count(*) FROM contact WHERE profile_id = $1",
                                       person["id"]) == 0  # fmt: skip
    for ref in (person["id"], f"ext:{person['external_id']}"):
        assert (await people.ask("GET", f"{PROFILES}/{ref}")).status_code == 404
    assert await audited(api, person["id"]) == [("profile.delete", "key", "tidings up")]


async def test_its_owner_is_looked_at_now(people, api) -> None:
    person = await people.make(email("ada@example.org"))
    id = await people.tell(person["id"], send_at=soon())

    await people.gets("DELETE", f"{PROFILES}/{person['id']}")

    # Its workflow may sleep for a year: woken, or found overdue, it ends.
    overdue = "SELECT next_at <= now() FROM owner WHERE id = $1 AND status = 'running'"
    assert await api.database.fetchval(overdue, id)


async def test_what_is_queued_is_stopped_and_what_is_being_sent_is_not(
    people, api, database_url
) -> None:
    person = await people.make(email("ada@example.org"))
    queued = await people.tell(person["id"], channels=["email"])
    sending = await people.tell(person["id"], channels=["email"])
    for id in (queued, sending):
        await decide(database_url, id)
    await api.database.execute(
        "UPDATE message SET phase = 'sending', lease_until = now() + interval '1 minute'"
        " WHERE owner_id = $1",
        sending,
    )

    deleted = await people.gets("DELETE", f"{PROFILES}/{person['id']}")

    assert (deleted["stopped"], deleted["under_way"]) == (1, 1)
    assert await people.addresses(queued) == [("ada@example.org", "cancelled")]
    message = (await people.notification(queued))["messages"][0]
    assert message["reason"] == "profile_deleted"
    assert await people.addresses(sending) == [("ada@example.org", None)]
    assert (await decide(database_url, queued)).ended == "ended"
    assert (await people.notification(queued))["status"] == "cancelled"
    events = [e["kind"] for e in (await people.notification(sending))["timeline"]]
    assert "cancel_requested" in events


async def test_the_books_agree_afterwards(people, database_url) -> None:
    before = await differences(database_url)
    person, other = await people.make(email("ada@example.org")), await people.make()
    for more in ({"send_at": soon()}, {"channels": ["email"]}):
        id = await people.tell(person["id"], **more)
        if "channels" in more:
            await decide(database_url, id)
    path = f"{PROFILES}/{person['id']}"
    await people.gets("POST", f"{path}/merge", json={"into": other["id"]})

    deleted = await people.gets("DELETE", f"{PROFILES}/{other['id']}")
    await decide(database_url, id)

    assert (deleted["stopped"], deleted["under_way"]) == (2, 0)
    assert await differences(database_url) == before


async def differences(database_url: str) -> dict[str, int]:
    """What the audit finds."""
    report = await audit(Question(database_url, open_ok=True))
    return {finding.check.name: finding.differences for finding in report.findings}


async def test_what_comes_for_it_afterwards_is_refused(people) -> None:
    person = await people.make(email("ada@example.org"))
    await people.gets("DELETE", f"{PROFILES}/ext:{person['external_id']}")

    answer = await people.ask(
        "POST",
        "/v1/notifications",
        json={"to": {"profile_id": person["id"]}, "template": "welcome", "data": {"name": "A"}},
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_profile")


async def test_its_external_id_is_free_again(people) -> None:
    person = await people.make(name="Ada")
    await people.gets("DELETE", f"{PROFILES}/{person['id']}")

    again = await people.make(external_id=person["external_id"])

    assert again["id"] != person["id"]
    assert again["name"] == ""


async def test_a_merged_one_is_deleted_with_the_one_that_stayed(people) -> None:
    goes, stays = await people.make(), await people.make()
    path = f"{PROFILES}/{goes['id']}"
    await people.gets("POST", f"{path}/merge", json={"into": stays["id"]})

    refused = await people.ask("DELETE", path)
    assert (refused.status_code, refused.json()["code"]) == (409, "profile_merged")
    assert stays["id"] in refused.json()["detail"]
    assert (await people.see(goes["id"]))["id"] == stays["id"]

    await people.gets("DELETE", f"{PROFILES}/{stays['id']}")
    assert (await people.ask("GET", path)).status_code == 404


async def test_deleted_twice_at_once_it_is_deleted_once(people, at_once) -> None:
    person = await people.make()

    answers = await at_once(4, lambda n: people.ask("DELETE", f"{PROFILES}/{person['id']}"))

    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404]
