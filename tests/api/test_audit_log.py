"""The audit log by API: one's own application's, by filters, page by page."""

from typing import Any

import pytest
from api_in_process import SECRET_KEYS
from own_application import OwnApplication, own_application

PATH = "/v1/audit-log"
KEY = {"name": "one", "owner": "the team", "scopes": ["audit:read"]}


@pytest.fixture(scope="module")
async def own(api, database_url) -> OwnApplication:
    """Three keys made, the first of them revoked."""
    app = await own_application(api.http, database_url, SECRET_KEYS, ())
    ids = [(await app.ask("POST", "/v1/keys", json=KEY)).json()["id"] for _ in range(3)]
    await app.ask("DELETE", f"/v1/keys/{ids[0]}")
    return app


async def found(app: OwnApplication, **filters: Any) -> list[dict[str, Any]]:
    answer = await app.ask("GET", PATH, params=filters)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_it_tells_who_did_what_and_what_changed(own) -> None:
    newest, *_, oldest = await found(own)
    assert (newest["action"], oldest["action"]) == ("key.revoke", "key.create")
    assert newest["subject"] == oldest["subject"]
    assert (oldest["actor"]["kind"], oldest["actor"]["name"]) == ("key", "test")
    assert oldest["detail"]["scopes"] == ["audit:read"]


async def test_filters_hold_all_at_once(own) -> None:
    newest, *_, oldest = await found(own)
    subject = oldest["subject"]["id"]
    assert len(await found(own, action="key.create")) == 3
    assert [e["action"] for e in await found(own, subject_id=subject)] == [
        "key.revoke",
        "key.create",
    ]
    both = await found(own, subject_id=subject, subject_kind="key", action="key.revoke")
    assert both == [newest]
    assert len(await found(own, actor="test")) == 4
    assert len(await found(own, actor_id=newest["actor"]["id"])) == 4
    assert await found(own, actor="nobody") == []
    between = await found(own, **{"from": oldest["at"], "to": newest["at"]})
    assert oldest in between
    assert newest not in between


async def test_a_span_that_is_none_is_refused(own) -> None:
    span = {"from": "2030-01-02T00:00:00Z", "to": "2030-01-01T00:00:00Z"}
    answer = await own.ask("GET", PATH, params=span)
    assert (answer.status_code, answer.json()["code"]) == (422, "contradicting_filters")


async def test_pages_follow_one_another_the_newest_first(own) -> None:
    numbers, after = [], {}
    while True:
        page = (await own.ask("GET", PATH, params={"limit": 3, **after})).json()
        numbers += [item["number"] for item in page["items"]]
        if not page["next"]:
            break
        after = {"after": page["next"]}
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == len(set(numbers)) == 4


async def test_anothers_entries_are_not_there(own, api, database_url) -> None:
    other = await own_application(api.http, database_url, SECRET_KEYS, ())
    [entry] = (await found(own, action="key.revoke"))[:1]
    assert await found(other) == []
    assert await found(other, subject_id=entry["subject"]["id"]) == []


async def test_what_moves_a_campaign_is_in_it(team) -> None:
    id = await team.submitted(1)
    await team.ada.do(id, "approve", hash="0" * 64)
    await team.ada.do(id, "cancel")
    entries = await found(team.app, subject_id=id)
    assert [(e["action"], e["actor"]["name"]) for e in entries] == [
        ("campaign.cancel", "ada@example.com"),
        ("campaign.approve", "ada@example.com"),
        ("campaign.submit", "ada@example.com"),
    ]
    assert entries[1]["detail"] == {"refused": "own_campaign"}
