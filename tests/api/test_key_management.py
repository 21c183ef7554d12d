"""Keys by API: shown once, rotated with an overlap, and never more than their maker has."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from api_in_process import SECRET_KEYS, Api
from own_application import OwnApplication, own_application
from own_campaigns import team_of

from models import keys

PATH = "/v1/keys"
SCOPES = ["notifications:read", "keys:write", "keys:read"]
ENTRIES = """
SELECT action, subject_id, actor_id, detail::text AS detail FROM audit_entry
WHERE application_id = $1 ORDER BY number
"""


def asked(**changes: Any) -> dict[str, Any]:
    return {"name": "test", "owner": "the team", "scopes": SCOPES, **changes}


def soon(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


@pytest.fixture
async def own(api: Api, database_url: str) -> OwnApplication:
    return await own_application(api.http, database_url, SECRET_KEYS, ())


async def made(own: OwnApplication, **changes: Any) -> dict[str, Any]:
    answer = await own.ask("POST", PATH, json=asked(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def by(
    key: str, http: httpx.AsyncClient, method: str, path: str = PATH, **more: Any
) -> httpx.Response:
    return await http.request(method, path, headers={"Authorization": f"Bearer {key}"}, **more)


async def test_a_key_works_and_is_shown_once(api: Api, own: OwnApplication) -> None:
    new = await made(own, expires_at=soon(3600), requests_per_second=5)
    key = new.pop("key")

    assert keys.is_well_formed(key)
    assert key.endswith(new["last_four"])
    listed = (await by(key, api.http, "GET")).json()["items"]
    assert listed[0] == new
    assert (new["scopes"], new["state"], new["requests_per_second"]) == (SCOPES, "live", 5)
    assert (await by(key, api.http, "GET", f"{PATH}/{new['id']}")).json() == new
    for answer in (listed, await api.database.fetch(ENTRIES, own.id)):
        assert key not in str(answer)
    [row] = await api.database.fetch(ENTRIES, own.id)
    assert (row["action"], row["subject_id"]) == ("key.create", new["id"])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"scopes": ["audit:read"]}, (403, "more_than_own", "scopes.0")),
        ({"scopes": ["keys:read", "applications:write"]}, (403, "more_than_own", "scopes.1")),
        ({"expires_at": None}, (403, "more_than_own", "expires_at")),
        ({"expires_at": "2099-01-01T00:00:00Z"}, (403, "more_than_own", "expires_at")),
        ({"expires_at": "2020-01-01T00:00:00Z"}, (422, "in_the_past", "expires_at")),
        ({"requests_per_second": 6}, (403, "more_than_own", "requests_per_second")),
        ({"requests_per_second": 5e-324}, (422, "invalid", "requests_per_second")),
        ({"scopes": ["keys:none"]}, (422, "unknown_scope", "scopes.0")),
        ({"scopes": []}, (422, "invalid", "scopes")),
        ({"owner": "a\nb"}, (422, "invalid", "owner")),
        ({"application_id": "x"}, (422, "unknown_field", "application_id")),
    ],
)
async def test_no_key_gives_what_it_has_not(
    api, own, refused, changes: dict[str, Any], problem: tuple[int, str, str]
) -> None:
    ends = soon(3600)
    lesser = (await made(own, expires_at=ends, requests_per_second=5))["key"]
    body = asked(expires_at=ends, requests_per_second=5)
    count = "SELECT count(*) FROM api_key WHERE application_id = $1"
    before = await api.database.fetchval(count, own.id)

    answer = await by(lesser, api.http, "POST", json={**body, **changes})

    await refused(answer, *problem)
    assert await api.database.fetchval(count, own.id) == before
    assert (await by(lesser, api.http, "POST", json=body)).status_code == 201


async def test_no_successor_has_ended_already(api, own, refused) -> None:
    old = await made(own)

    answer = await by(
        old["key"], api.http, "POST", f"{PATH}/{old['id']}/rotate", json={"expires_at": soon(-60)}
    )

    await refused(answer, 422, "in_the_past", "expires_at")
    listed = (await by(old["key"], api.http, "GET")).json()["items"]
    assert [key["id"] for key in listed if key["lineage_id"] == old["lineage_id"]] == [old["id"]]


async def test_nor_by_rotating_a_stronger_one(api, own, refused) -> None:
    weak = (await made(own))["key"]
    strong = (await made(own, scopes=["audit:read"]))["id"]

    answer = await by(weak, api.http, "POST", f"{PATH}/{strong}/rotate", json={})

    await refused(answer, 403, "more_than_own", "scopes.0")


@pytest.mark.parametrize("scope", ["campaigns:write", "campaigns:approve"])
async def test_nor_a_second_person_for_its_campaigns(own, refused, scope: str) -> None:
    answer = await own.ask("POST", PATH, json=asked(owner="ghost", scopes=[scope]))
    await refused(answer, 403, "more_than_own", "owner")
    await made(own, owner=" TEST ", scopes=[scope])


async def test_nor_another_person_s_by_rotating_theirs(own, database_url, refused) -> None:
    await (await team_of(own, database_url)).person("grace@example.com", "campaigns:approve")
    listed = (await own.ask("GET", PATH)).json()["items"]
    theirs = next(key["id"] for key in listed if key["scopes"] == ["campaigns:approve"])
    answer = await own.ask("POST", f"{PATH}/{theirs}/rotate", json={})
    await refused(answer, 403, "more_than_own", "owner")


async def test_both_keys_work_until_the_overlap_ends(api, own, until) -> None:
    old = await made(own)
    where = f"{PATH}/{old['id']}/rotate"

    answer = await own.ask("POST", where, json={"overlap_seconds": 1})

    assert answer.status_code == 201, answer.text
    new = answer.json()
    assert new["lineage_id"] == old["lineage_id"] == old["id"]
    assert (new["scopes"], new["owner"], new["expires_at"]) == (old["scopes"], old["owner"], None)
    for key in (old["key"], new["key"]):
        assert (await by(key, api.http, "GET")).status_code == 200

    async def ended() -> bool:
        return (await by(old["key"], api.http, "GET")).status_code == 401

    await until(ended)
    assert datetime.now(UTC) >= datetime.fromisoformat(new["old_key_until"])
    assert (await by(new["key"], api.http, "GET")).status_code == 200
    last = (await api.database.fetch(ENTRIES, own.id))[-1]
    assert (last["action"], last["subject_id"]) == ("key.rotate", new["id"])


async def test_at_most_two_of_a_lineage_are_live(api, own, at_once) -> None:
    old = await made(own)
    answers = await at_once(5, lambda _: own.ask("POST", f"{PATH}/{old['id']}/rotate", json={}))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    refused = next(a.json() for a in answers if a.status_code == 409)
    assert (refused["code"], refused["limit"]) == ("two_live_keys", 2)
    new = next(a.json() for a in answers if a.status_code == 201)
    answer = await own.ask("POST", f"{PATH}/{new['id']}/rotate", json={})
    assert answer.json()["code"] == "two_live_keys"

    assert (await own.ask("DELETE", f"{PATH}/{old['id']}")).status_code == 204
    assert (await own.ask("POST", f"{PATH}/{new['id']}/rotate", json={})).status_code == 201
    answer = await own.ask("POST", f"{PATH}/{old['id']}/rotate", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "is_revoked")


async def test_one_that_expires_is_renewed_for_as_long(own) -> None:
    old = await made(own, expires_at=soon(3600))
    new = (await own.ask("POST", f"{PATH}/{old['id']}/rotate", json={})).json()
    life = datetime.fromisoformat(new["expires_at"]) - datetime.fromisoformat(new["created_at"])
    assert abs(life - timedelta(seconds=3600)) < timedelta(seconds=5)


async def test_a_key_revoked_by_one_process_is_refused_by_another_within_five_seconds(
    api: Api, own: OwnApplication, serve: Any, database_url: str
) -> None:
    doomed = await made(own)
    async with serve(database_url, 1) as beside:
        assert (await by(doomed["key"], beside.http, "GET")).status_code == 200
        assert (await own.ask("DELETE", f"{PATH}/{doomed['id']}")).status_code == 204
        revoked_at = time.monotonic()
        while (await by(doomed["key"], beside.http, "GET")).status_code != 401:
            assert time.monotonic() - revoked_at < 5
            await asyncio.sleep(0.05)
    assert (await own.ask("DELETE", f"{PATH}/{doomed['id']}")).status_code == 204
    said = [row["action"] for row in await api.database.fetch(ENTRIES, own.id)]
    assert said == ["key.create", "key.revoke"], "once, however often it is said"


async def test_its_last_use_is_kept_in_one_write_for_many_requests(api, own) -> None:
    new = await made(own)
    cache = api.http._transport.app.state.keys
    writes = "SELECT xmin::text FROM api_key WHERE id = $1"
    before = await api.database.fetchval(writes, UUID(new["id"]))
    for _ in range(10):
        assert (await by(new["key"], api.http, "GET")).status_code == 200
    assert await api.database.fetchval(writes, UUID(new["id"])) == before

    await cache.write_uses()

    seen = (await own.ask("GET", f"{PATH}/{new['id']}")).json()
    assert datetime.now(UTC) - datetime.fromisoformat(seen["last_used_at"]) < timedelta(seconds=30)


async def test_anothers_keys_are_not_there(api, own, refused, database_url) -> None:
    other = await own_application(api.http, database_url, SECRET_KEYS, ())
    theirs = await made(other)
    assert theirs["id"] not in (await own.ask("GET", PATH)).text
    where = f"{PATH}/{theirs['id']}"
    for method, path, body in (
        ("GET", where, None),
        ("POST", f"{where}/rotate", {}),
        ("DELETE", where, None),
    ):
        await refused(await own.ask(method, path, json=body), 404, "not_found", "key_id")
    assert (await by(theirs["key"], api.http, "GET")).status_code == 200


async def test_pages_follow_one_another_the_newest_first(own) -> None:
    ids = [(await made(own))["id"] for _ in range(5)]
    found, after = [], {}
    while True:
        page = (await own.ask("GET", PATH, params={"limit": 2, **after})).json()
        found += [item["id"] for item in page["items"]]
        if not page["next"]:
            break
        after = {"after": page["next"]}
    assert found[:5] == ids[::-1]
    assert len(found) == 6  # and the one that asks
