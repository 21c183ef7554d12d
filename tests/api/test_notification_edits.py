"""Editing what is not yet due: PostgreSQL decides, all of an edit or nothing of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from api_in_process import NOTIFICATIONS
from midnights import midnight
from pipeline_by_hand import ACCEPTED
from uuid_utils.compat import uuid7

from api.accepted_again import accepted_again
from models.notification_again import request_of
from models.repositories import notification_edits, notifications, owners
from models.repositories.templates import VersionCache

SOONER, LATER, LATEST = midnight(20), midnight(40), midnight(60)
INLINE = {"email": {"subject": "Hello", "text": "{{ name }}, once more"}}
SOON = """
UPDATE notification SET due_at = clock_timestamp() + interval '700 milliseconds',
    expires_at = clock_timestamp() + interval '700 milliseconds' + $2 WHERE id = $1
"""
IS_DUE = "SELECT due_at <= clock_timestamp() FROM notification WHERE id = $1"
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND datname = current_database()
"""
Accept = Callable[..., Awaitable[tuple[str, UUID]]]


@pytest.fixture
def accept(api, body) -> Accept:
    """Accepts one with a workflow of its own; its id, and its owner's."""

    async def send(**changes: Any) -> tuple[str, UUID]:
        view = (await api.batch([body(**{"send_at": LATER, **changes})])).json()
        return view["items"][0]["id"], UUID(next(iter(view["batches"].values())))

    return send


@pytest.fixture
def edit(api) -> Callable[..., Awaitable[Any]]:
    async def patch(id: str, **changes: Any) -> Any:
        return await api.http.patch(f"{NOTIFICATIONS}/{id}", json=changes)

    return patch


async def owner_of(api, id: str) -> Any:
    return await api.database.fetchrow(
        "SELECT o.id, o.kind, o.priority, o.next_at, s.due_at, s.priority AS queue"
        " FROM notification n JOIN owner o ON o.id = n.owner_id"
        " LEFT JOIN workflow_start s ON s.id = o.id WHERE n.id = $1",
        UUID(id),
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"send_at": LATEST}, {"due_at": LATEST, "expires_at": midnight(61)}),
        ({"expires_in": 2_592_000}, {"due_at": SOONER}),
        ({"data": {"name": "Bob"}}, {"data": {"name": "Bob"}}),
        ({"metadata": {"order": "1"}}, {"metadata": {"order": "1"}}),
        ({"metadata": {}}, {"metadata": {}}),
        ({"priority": "low"}, {"priority": "low"}),
        (
            {"content": INLINE},
            {"template": None, "content": {"email": {"default": INLINE["email"]}}},
        ),
    ],
    ids=lambda value: next(iter(value)),
)
async def test_what_is_named_is_changed_and_all_else_stays(
    api, accept, edit, changes, expected
) -> None:
    due = SOONER if "expires_in" in changes else LATER
    id, _ = await accept(metadata={"order": "0"}, send_at=due)
    before = (await api.http.get(f"{NOTIFICATIONS}/{id}")).json()

    answer = await edit(id, **changes)

    assert answer.status_code == 200, answer.text
    view = answer.json()
    assert view == (await api.http.get(f"{NOTIFICATIONS}/{id}")).json()
    assert {name: view[name] for name in expected} == expected
    moves = {"revision", "timeline", "expires_at", "template_version", "workflow_id"}
    same = before.keys() - expected.keys() - moves
    assert {name: view[name] for name in same} == {name: before[name] for name in same}
    assert view["revision"] == 1
    assert [e["kind"] for e in view["timeline"]] == ["accepted", "edited"]
    told = view["timeline"][1]
    assert told["reason"] == " ".join(sorted(changes))
    assert told["actor_id"] is not None


async def test_its_lists_follow(api, accept, edit) -> None:
    id, _ = await accept(metadata={"was": "here"}, to={"email": "a@b.cd", "sms": "+4915112345678"})
    await edit(id, metadata={"is": "here"}, channels=["sms"], priority="low")

    async def listed(**filters: str) -> bool:
        page = (await api.http.get(NOTIFICATIONS, params=filters)).json()
        return id in [item["id"] for item in page["items"]]

    assert await listed(**{"metadata.is": "here", "channel": "sms", "status": "scheduled"})
    assert await listed(priority="low", channel="sms")
    assert not await listed(**{"metadata.was": "here"})
    assert not await listed(channel="email", priority="low")


async def test_its_workflow_starts_for_the_new_time_or_is_overdue_for_a_look(
    api, accept, edit, pipeline
) -> None:
    id, _ = await accept()
    view = (await edit(id, send_at=SOONER)).json()
    owner = await owner_of(api, id)
    async with pipeline.sessions.begin() as session:
        overdue = await owners.overdue(session, "medium", timedelta(minutes=2))

    assert view["due_at"] == SOONER
    assert owner["due_at"] == datetime.fromisoformat(SOONER)
    assert owner["id"] in [each.owner_id for each in overdue]


async def test_another_priority_is_another_workflow_in_its_queue(
    api, accept, edit, pipeline
) -> None:
    id, left = await accept()
    await edit(id, priority="low")
    owner = await owner_of(api, id)

    assert owner["id"] != left
    assert (owner["kind"], owner["priority"], owner["queue"]) == ("batch", "low", "low")
    await pipeline.queue(left)
    await pipeline.end(left)
    status = await api.database.fetchval("SELECT status FROM owner WHERE id = $1", left)
    assert status == "ended"


async def test_one_that_waits_to_share_keeps_its_start_in_step(api, accept, edit) -> None:
    id, owner = await accept()
    await api.database.execute("UPDATE notification SET owner_id = NULL WHERE id = $1", UUID(id))
    await api.database.execute(
        "UPDATE workflow_start SET id = $1, kind = 'shared' WHERE id = $2", UUID(id), owner
    )
    answer = await edit(id, send_at=LATEST, priority="low")
    start = await api.database.fetchrow("SELECT * FROM workflow_start WHERE id = $1", UUID(id))

    assert answer.status_code == 200, answer.text
    assert (start["priority"], start["due_at"]) == ("low", datetime.fromisoformat(LATEST))


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({}, "invalid", "body"),
        ({"revision": 0}, "invalid", "body"),
        ({"data": None}, "invalid", "body"),
        ({"to": {"email": "a@b.cd"}}, "unknown_field", "to"),
        ({"send_at": "2020-01-01T00:00:00Z"}, "in_the_past", "send_at"),
        ({"send_at": "2099-01-01T00:00:00Z"}, "too_far_ahead", "send_at"),
        ({"expires_in": 60}, "expires_before_due", "expires_in"),
        ({"expires_in": 1}, "invalid", "expires_in"),
        ({"data": {"nome": "Ada"}}, "unknown_variable", "data.nome"),
        ({"content": {"email": {"subject": "x"}}}, "content_missing", "content.email.text"),
        ({"content": {"sms": {"text": "{{ name }}"}}}, "no_content", "channels"),
        ({"channels": ["sms"]}, "no_address", "channels"),
        ({"priority": "high"}, "forbidden", "priority"),
        ({"metadata": {"a": 1}}, "invalid", "metadata.a"),
    ],
    ids=str,
)
async def test_it_keeps_to_the_rules_of_acceptance(api, accept, edit, changes, code, field) -> None:
    id, _ = await accept()
    key = await api.new_key("notifications:send", "notifications:read")
    headers = {"Authorization": f"Bearer {key}"}
    before = (await api.http.get(f"{NOTIFICATIONS}/{id}")).json()

    answer = await api.http.patch(f"{NOTIFICATIONS}/{id}", json=changes, headers=headers)

    problem = answer.json()
    assert (problem["code"], problem.get("field")) == (code, field), problem
    assert (await api.http.get(f"{NOTIFICATIONS}/{id}")).json() == before


async def test_two_edits_do_not_overwrite_each_other(accept, edit, at_once) -> None:
    id, _ = await accept()
    answers = await at_once(8, lambda n: edit(id, revision=0, metadata={"n": str(n)}))

    found = sorted(answer.status_code for answer in answers)
    assert found == [200] + [409] * 7
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert {(problem["code"], problem["limit"]) for problem in refused} == {("revision_changed", 1)}


@pytest.mark.parametrize("how", ["due", "cancelled", "sent"])
async def test_too_late_says_what_had_happened(api, accept, edit, pipeline, account, how) -> None:
    id, owner = await accept(**({} if how == "cancelled" else {"send_at": None}))
    if how == "cancelled":
        await api.http.delete(f"{NOTIFICATIONS}/{id}")
    if how == "sent":
        await pipeline.send(owner, account, ACCEPTED)

    problem = (await edit(id, data={"name": "Bob"})).json()

    expected = {"due": "accepted", "cancelled": "cancelled", "sent": "sent"}[how]
    assert (problem["status"], problem["code"], problem["limit"]) == (409, "too_late", expected)
    assert f"it is {expected}" in problem["detail"]
    assert ("email: sent" in problem["detail"]) is (how == "sent")


async def soon_due(api, accept, life: timedelta = timedelta(days=1)) -> tuple[Any, UUID]:
    """One that is due in a moment, and its owner."""
    id, owner = await accept()
    await api.database.execute(SOON, UUID(id), life)
    return UUID(id), owner


async def edit_by_hand(session: Any, application_id: UUID, id: UUID) -> Any:
    """Another name and a later time, not yet committed."""
    row = await notifications.get(session, application_id, id)
    request = replace(request_of(row), data={"name": "Bob"}, send_at=datetime.fromisoformat(LATEST))
    accepted = await accepted_again(session, row, request, VersionCache(), may_raise=True)
    return await notification_edits.edit(session, row, accepted, {"data", "send_at"}, uuid7())


async def test_its_time_comes_while_it_is_edited_and_nothing_is_decided_of_the_old(
    api, accept, pipeline, until, application_id
) -> None:
    id, owner = await soon_due(api, accept)
    async with pipeline.sessions.begin() as session:
        assert await edit_by_hand(session, application_id, id)
        await until(lambda: api.database.fetchval(IS_DUE, id))
        deciding = asyncio.create_task(pipeline.queue(owner))
        await until(lambda: api.database.fetchval(WAITING))

    await deciding

    view = (await api.http.get(f"{NOTIFICATIONS}/{id}")).json()
    assert (view["status"], view["data"], view["messages"]) == ("scheduled", {"name": "Bob"}, [])


async def test_it_is_decided_while_an_edit_begins_and_nothing_of_the_edit_is_kept(
    api, accept, pipeline, until, application_id
) -> None:
    id, owner = await soon_due(api, accept)
    async with pipeline.sessions.begin() as session:
        values = {"id": id, "application_id": application_id, "revision": 0}
        assert (await session.execute(notification_edits.LOCK, values)).all()
        await until(lambda: api.database.fetchval(IS_DUE, id))
        await pipeline.queue(owner)
        kind = await api.database.fetchval("SELECT kind FROM notification WHERE id = $1", id)
        of_it = {"id": id, "old_kind": kind, "old_pairs": []}
        assert not (await session.execute(notification_edits.UNLIST, of_it)).all()

    view = (await api.http.get(f"{NOTIFICATIONS}/{id}")).json()
    assert (view["status"], len(view["messages"])) == ("processing", 1)


async def test_one_that_expires_is_not_ended_while_it_is_given_more_time(
    api, accept, pipeline, until, application_id
) -> None:
    id, owner = await soon_due(api, accept, timedelta(milliseconds=1))
    async with pipeline.sessions.begin() as session:
        assert await edit_by_hand(session, application_id, id)
        await until(lambda: api.database.fetchval(IS_DUE, id))
        await pipeline.end(owner)

    view = (await api.http.get(f"{NOTIFICATIONS}/{id}")).json()
    assert (view["status"], view["ended_at"]) == ("scheduled", None)


async def test_it_needs_the_scope_and_its_own_application(api, accept) -> None:
    id, _ = await accept()
    for scopes, application, status in [
        (("notifications:read",), "demo", 403),
        ((), "somebody else", 404),
    ]:
        key = await api.new_key(*scopes, application=application)
        answer = await api.http.patch(
            f"{NOTIFICATIONS}/{id}",
            json={"metadata": {}},
            headers={"Authorization": f"Bearer {key}"},
        )
        assert answer.status_code == status
