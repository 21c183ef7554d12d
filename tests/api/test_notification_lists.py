"""Lists of notifications: filters that must all hold, pages, statuses kept where they change."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from api_in_process import NOTIFICATIONS, SECRET_KEYS, welcome
from midnights import midnight
from own_application import OwnApplication, Vendors, own_application
from pipeline_by_hand import ACCEPTED, REFUSED, UNKNOWN
from uuid_utils.compat import uuid7

LATER = midnight(30)
SMS = {"sms": "+4915112345678"}
Listing = Callable[..., Awaitable[list[str]]]


@pytest.fixture(scope="module")
async def own(api, database_url: str) -> OwnApplication:
    accounts = [Vendors("http://127.0.0.1:9", 9).smtp()]
    return await own_application(api.http, database_url, SECRET_KEYS, accounts)


@pytest.fixture
def ids(own: OwnApplication) -> Listing:
    """The ids of the first page of a list with these filters."""

    async def found(**filters: Any) -> list[str]:
        named = {name.rstrip("_").replace("__", "."): value for name, value in filters.items()}
        answer = await own.ask("GET", NOTIFICATIONS, params=named)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    return found


@pytest.fixture(scope="module")
async def some(own: OwnApplication, api) -> dict[str, str]:
    """One that differs from the others in each filter."""
    person = await own.ask(
        "POST",
        "/v1/profiles",
        json={
            "external_id": "ada",
            "contacts": [{"channel": "email", "address": "ada@example.com"}],
        },
    )
    await api.database.execute(
        "WITH made AS (INSERT INTO profile_group (id, application_id, name)"
        " VALUES ($1, $2, 'crew') RETURNING id)"
        " INSERT INTO group_member (group_id, profile_id) SELECT id, $3 FROM made",
        *(uuid7(), own.id, UUID(person.json()["id"])),
    )
    return {
        "person": person.json()["id"],
        "plain": await own.accept(),
        "low": await own.accept(priority="low", metadata={"order": "1", "env": "test"}),
        "sms": await own.accept(to=SMS, category="held", content={"sms": {"text": "x"}}, **INLINE),
        "to_ada": await own.accept(to={"external_id": "ada"}, metadata={"order": "2"}),
        "later": await own.accept(send_at=LATER, metadata={"order": "2", "env": "test"}),
    }


INLINE: dict[str, Any] = {"template": None, "data": {}}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["later", "to_ada", "sms", "low", "plain"]),
        ({"category": "held"}, ["sms"]),
        ({"category": "held", "priority": "low"}, []),
        ({"priority": "low"}, ["low"]),
        ({"channel": "sms"}, ["to_ada", "sms"]),
        ({"channel": "email", "status": "scheduled"}, ["later"]),
        ({"status": "accepted"}, ["to_ada", "sms", "low", "plain"]),
        ({"status": "sent"}, []),
        ({"profile": "ada"}, ["to_ada"]),
        ({"group": "crew"}, ["to_ada"]),
        ({"group": "crew", "metadata__order": "1"}, []),
        ({"metadata__order": "2"}, ["later", "to_ada"]),
        ({"metadata__order": "2", "metadata__env": "test"}, ["later"]),
        ({"metadata__order": "3"}, []),
    ],
    ids=str,
)
async def test_it_has_what_all_filters_let_through(some, ids, filters, expected) -> None:
    assert await ids(**filters) == [some[name] for name in expected]


async def test_a_profile_is_found_by_our_id_too_and_one_that_is_gone_has_nothing(some, ids) -> None:
    assert await ids(profile=some["person"]) == [some["to_ada"]]
    assert await ids(profile=str(uuid7())) == []


async def test_what_was_for_a_merged_profile_is_found_by_either(other, api) -> None:
    found = {}
    for name in ("old", "new"):
        contacts = [{"channel": "email", "address": f"{name}@example.com"}]
        made = {"external_id": name, "contacts": contacts}
        found[name] = (await other.ask("POST", "/v1/profiles", json=made)).json()["id"]
    expected = [await other.accept(to={"external_id": name}) for name in ("old", "new")]
    merged = await other.ask(
        "POST", f"/v1/profiles/{found['old']}/merge", json={"into": found["new"]}
    )
    assert merged.status_code == 200, merged.text

    for profile in ("old", "new", found["old"], found["new"]):
        page = (await other.ask("GET", NOTIFICATIONS, params={"profile": profile})).json()
        assert [item["id"] for item in page["items"]] == expected[::-1]


async def test_a_range_has_its_beginning_and_not_its_end(some, own, ids) -> None:
    at = (await own.seen(some["sms"]))["created_at"]
    just_after = (datetime.fromisoformat(at) + timedelta(microseconds=1)).isoformat()

    assert await ids(from_=at) == [some[name] for name in ("later", "to_ada", "sms")]
    assert await ids(to=at) == [some[name] for name in ("low", "plain")]
    assert await ids(from_=at, to=just_after) == [some["sms"]]


async def test_an_item_says_what_the_whole_one_says(some, own) -> None:
    for item in (await own.ask("GET", NOTIFICATIONS)).json()["items"]:
        whole = await own.seen(item["id"])
        assert {k: whole[k] for k in item.keys() & whole.keys()} == {
            k: item[k] for k in item.keys() & whole.keys()
        }
        profile = item["profile"] and item["profile"]["id"]
        assert (profile, item["reason"]) == (whole["profile_id"], None)


async def test_pages_have_each_once(some, own) -> None:
    found, after = [], {}
    while True:
        page = (await own.ask("GET", NOTIFICATIONS, params={"limit": 2, **after})).json()
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}

    assert found == [some[name] for name in ("later", "to_ada", "sms", "low", "plain")]


async def test_nobody_sees_what_is_anothers(some, api) -> None:
    others = {item["id"] for item in (await api.http.get(NOTIFICATIONS)).json()["items"]}
    assert not others & set(some.values())
    by_profile = await api.http.get(NOTIFICATIONS, params={"profile": some["person"]})
    assert by_profile.json() == {"items": [], "next": None}
    by_group = await api.http.get(NOTIFICATIONS, params={"group": "crew"})
    assert by_group.json()["code"] == "unknown_group"


async def test_it_needs_the_scope_to_read(api) -> None:
    key = await api.new_key("notifications:send")
    answer = await api.http.get(NOTIFICATIONS, headers={"Authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("from=2030-01-02T00:00:00Z&to=2030-01-01T00:00:00Z", "contradicting_filters", "from"),
        ("from=2030-01-01T00:00:00Z&to=2030-01-01T00:00:00Z", "contradicting_filters", "from"),
        ("status=sent&status=failed", "contradicting_filters", "status"),
        ("metadata.a=1&metadata.a=2", "contradicting_filters", "metadata.a"),
        ("category=nix", "unknown_category", "category"),
        ("group=nix", "unknown_group", "group"),
        ("profile=nix", "unknown_profile", "profile"),
        ("status=nix", "invalid", "status"),
        ("priority=urgent", "invalid", "priority"),
        ("channel=pigeon", "invalid", "channel"),
        ("from=yesterday", "invalid", "from"),
        ("from=2030-01-01", "invalid", "from"),
        ("from=-1900000000", "invalid", "from"),
        ("to=1700000000", "invalid", "to"),
        ("metadata.order=", "metadata_without_value", "metadata.order"),
        ("metadata.=1", "invalid", "metadata."),
        ("metadata=1", "unknown_parameter", "metadata"),
        (f"metadata.{'k' * 41}=1", "invalid", f"metadata.{'k' * 41}"),
        (f"metadata.k={'v' * 501}", "metadata_without_value", "metadata.k"),
        ("&".join(f"metadata.k{n}=1" for n in range(6)), "too_many", "metadata"),
        ("metadata.k=%00", "nul", "metadata.k"),
        ("category=%00", "nul", "category"),
        ("kategorie=otp", "unknown_parameter", "kategorie"),
        ("limit=0", "invalid", "limit"),
        ("limit=101", "invalid", "limit"),
    ],
)
async def test_filters_that_cannot_be_meant_are_refused(refused, api, query, code, field) -> None:
    await refused(await api.http.get(f"{NOTIFICATIONS}?{query}"), 422, code, field)


async def test_a_cursor_is_of_this_list_and_whole(some, own) -> None:
    cursor = (await own.ask("GET", NOTIFICATIONS, params={"limit": 1})).json()["next"]
    for after, filters, code in [
        (cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB"), {}, "invalid_cursor"),
        ("x" * 40, {}, "invalid_cursor"),
        (cursor, {"status": "sent"}, "cursor_of_other_filters"),
        (cursor, {"metadata.order": "1"}, "cursor_of_other_filters"),
    ]:
        answer = await own.ask("GET", NOTIFICATIONS, params={"after": after, **filters})
        assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_cursor_is_of_one_application(some, own, api) -> None:
    cursor = (await own.ask("GET", NOTIFICATIONS, params={"limit": 1})).json()["next"]
    answer = await api.http.get(NOTIFICATIONS, params={"after": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_of_other_filters")
    mine = await own.ask("GET", NOTIFICATIONS, params={"after": cursor})
    assert mine.status_code == 200


class Kept:
    """One notification of an application of its own, as far as its list and its view say."""

    def __init__(self, own: OwnApplication, id: UUID, owner: UUID) -> None:
        self.own, self.id, self.owner = own, id, owner

    async def status(self) -> str:
        """Both say the same, and no other list has it."""
        view = (await self.own.seen(str(self.id)))["status"]
        for status in ("scheduled", "accepted", "processing", "sent", "failed", "cancelled"):
            found = await self.own.ask("GET", NOTIFICATIONS, params={"status": status})
            listed = str(self.id) in [item["id"] for item in found.json()["items"]]
            assert listed is (status == view), (status, view)
        return view


@pytest.fixture(scope="module")
async def other(api, database_url: str) -> OwnApplication:
    return await own_application(api.http, database_url, SECRET_KEYS, [])


@pytest.fixture
def keep(other: OwnApplication) -> Callable[..., Awaitable[Kept]]:
    async def make(**changes: Any) -> Kept:
        view = await other.batch([welcome(**changes)])
        return Kept(other, UUID(view["items"][0]["id"]), UUID(next(iter(view["batches"].values()))))

    return make


async def test_one_for_later_is_scheduled_until_it_is_decided(keep, pipeline, api) -> None:
    one = await keep(send_at=LATER)
    assert await one.status() == "scheduled"
    await api.database.execute(
        "UPDATE notification SET due_at = clock_timestamp() WHERE id = $1", one.id
    )
    assert await one.status() == "accepted"
    await pipeline.queue(one.owner)
    assert await one.status() == "processing"


@pytest.mark.parametrize(
    ("outcome", "expected"), [(ACCEPTED, "sent"), (REFUSED, "failed"), (UNKNOWN, "processing")]
)
async def test_its_end_is_listed(keep, pipeline, account, outcome, expected) -> None:
    one = await keep()
    assert await one.status() == "accepted"
    await pipeline.send(one.owner, account, outcome)
    assert await one.status() == expected


async def test_an_acceptance_that_came_late_moves_it_to_sent(
    keep, pipeline, account, api, other
) -> None:
    one = await keep()
    token, claimed = await pipeline.hand_over(one.owner, account)
    await api.database.execute(
        "UPDATE message SET phase = 'ended', result = 'unknown', lease_until = NULL"
        " WHERE owner_id = $1",
        one.owner,
    )
    await pipeline.end(one.owner)
    found = await other.ask("GET", NOTIFICATIONS, params={"status": "unknown"})
    assert [item["id"] for item in found.json()["items"]] == [str(one.id)]

    await pipeline.record(one.owner, token, claimed, ACCEPTED)

    assert await one.status() == "sent"


async def test_a_cancelled_one_is_listed_as_that(keep, other, pipeline) -> None:
    early, queued = await keep(send_at=LATER), await keep()
    await pipeline.queue(queued.owner)
    for one in (early, queued):
        await other.ask("DELETE", f"{NOTIFICATIONS}/{one.id}")
        assert await one.status() == "cancelled"


async def test_one_that_waits_to_share_a_workflow_is_listed_and_cancelled(keep, other, api) -> None:
    one = await keep()
    await api.database.execute("UPDATE notification SET owner_id = NULL WHERE id = $1", one.id)
    assert await one.status() == "accepted"
    await other.ask("DELETE", f"{NOTIFICATIONS}/{one.id}")
    assert await one.status() == "cancelled"
