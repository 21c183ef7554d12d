"""Sending again what has ended: another notification, decided afresh."""

from typing import Any
from uuid import UUID

import pytest
from api_in_process import NOTIFICATIONS
from midnights import midnight
from pipeline_by_hand import REFUSED
from uuid_utils.compat import uuid7

LETTER = {"email": {"default": {"subject": "First", "text": "{{ name }}"}}}


@pytest.fixture
def resend(api) -> Any:
    async def again(id: str, headers: dict[str, str] | None = None, **body: Any) -> Any:
        return await api.http.post(f"{NOTIFICATIONS}/{id}/resend", json=body, headers=headers)

    return again


@pytest.fixture
def failed(api, body, pipeline, account) -> Any:
    """One that was refused; its id."""

    async def make(**changes: Any) -> str:
        view = (await api.batch([body(**changes)])).json()
        assert view["accepted"] == 1, view
        owner = UUID(next(iter(view["batches"].values())))
        await pipeline.send(owner, account, REFUSED)
        return view["items"][0]["id"]

    return make


async def test_it_is_another_one_that_names_the_first(api, failed, resend) -> None:
    id = await failed(metadata={"order": "1"}, priority="low", to={"email": "x@y.zw", "name": "Ed"})
    answer = await resend(id)
    assert answer.status_code == 202, answer.text
    first, second = [
        (await api.http.get(f"{NOTIFICATIONS}/{each}")).json() for each in (id, answer.json()["id"])
    ]

    same = ("template", "template_version", "to", "data", "metadata", "priority", "channels")
    assert {name: second[name] for name in same} == {name: first[name] for name in same}
    assert (second["status"], second["resend_of"]) == ("accepted", id)
    assert second["due_at"] > first["due_at"]
    assert first["status"] == "failed"
    assert first["timeline"][-1]["kind"] == "resent"
    assert first["timeline"][-1]["actor_id"]
    assert second["workflow_id"] == f"notification/{second['id']}"


async def test_it_has_the_same_version_unless_asked_for_the_published_one(
    api, failed, resend
) -> None:
    name = f"letter-{uuid7()}"
    made = await api.http.post(
        "/v1/templates",
        json={"name": name, "content": LETTER, "category": "transactional"},
    )
    assert made.status_code == 201, made.text
    await api.http.post(f"/v1/templates/{name}/versions/1/publish", json={})
    id = await failed(template=name)
    newer = {"email": {"default": {"subject": "Second", "text": "{{ name }}!"}}}
    await api.http.post(f"/v1/templates/{name}/versions", json={"content": newer})
    done = await api.http.post(f"/v1/templates/{name}/versions/2/publish", json={})
    assert done.status_code in (200, 201), done.text

    async def version_of(**body: Any) -> int:
        answer = await resend(id, **body)
        assert answer.status_code == 202, answer.text
        view = (await api.http.get(f"{NOTIFICATIONS}/{answer.json()['id']}")).json()
        return view["template_version"]

    assert await version_of() == 1
    assert await version_of(template_version="same") == 1
    assert await version_of(template_version="published") == 2


@pytest.mark.parametrize("send_at", [None, midnight(30)], ids=["due", "scheduled"])
async def test_one_that_is_open_is_not_sent_again(api, body, resend, refused, send_at) -> None:
    id = (await api.send(body(**({"send_at": send_at} if send_at else {})))).json()["id"]
    before = await api.rows()
    answer = await resend(id)
    problem = answer.json()

    assert (problem["status"], problem["code"]) == (409, "not_ended")
    assert problem["limit"] == ("scheduled" if send_at else "accepted")
    assert await api.rows() == before


async def test_the_same_key_sends_it_once(api, failed, resend, at_once) -> None:
    id, other = await failed(), await failed()
    key = {"Idempotency-Key": f"again-{id}"}
    first = await resend(id, key)
    again = await resend(id, key)

    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await resend(id, key, expires_in=60)).json()["code"] == "key_reused"
    assert (await resend(other, key)).json()["id"] != first.json()["id"]
    once = {"Idempotency-Key": f"at-once-{id}"}
    answers = await at_once(10, lambda _: resend(id, once))
    assert len({a.json()["id"] for a in answers if a.status_code == 202}) == 1
    assert {a.status_code for a in answers} <= {202, 409}


async def test_what_is_otherwise_this_time(failed, resend) -> None:
    later = {"send_at": midnight(20), "expires_in": 2_592_000}
    view = (await resend(await failed(), **later)).json()
    problem = (await resend(await failed(), send_at="2020-01-01T00:00:00Z")).json()

    assert (view["status"], view["due_at"]) == ("scheduled", midnight(20))
    assert problem["code"] == "in_the_past"


async def test_the_rules_of_today_hold(api, failed, resend) -> None:
    person = f"p-{uuid7()}"
    contacts = [{"channel": "email", "address": "p@example.com"}]
    await api.http.post("/v1/profiles", json={"external_id": person, "contacts": contacts})
    id = await failed(to={"external_id": person})
    await api.http.request("DELETE", "/v1/profiles", params={"external_id": person})
    view = (await api.http.get(f"{NOTIFICATIONS}/{id}")).json()
    await api.http.delete(f"/v1/profiles/{view['profile_id']}")

    assert (await resend(id)).json()["code"] == "unknown_profile"


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({"template_version": 2}, "invalid", "template_version"),
        ({"template_version": "newest"}, "invalid", "template_version"),
        ({"to": {"email": "a@b.cd"}}, "unknown_field", "to"),
        ({"expires_in": 1}, "invalid", "expires_in"),
    ],
    ids=str,
)
async def test_bodies_that_cannot_be_meant_are_refused(failed, resend, asked, code, field) -> None:
    problem = (await resend(await failed(), **asked)).json()
    assert (problem["status"], problem["code"], problem["field"]) == (422, code, field)


async def test_anothers_is_not_there(api, failed, resend) -> None:
    id = await failed()
    for scopes, application, status in [
        (("notifications:read",), "demo", 403),
        ((), "somebody else", 404),
    ]:
        key = await api.new_key(*scopes, application=application)
        answer = await resend(id, {"Authorization": f"Bearer {key}"})
        assert answer.status_code == status
