"""An edit is whole or not at all, whatever the workflow does at the same moment."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from api_in_process import NOTIFICATIONS
from platform_in_process import exists
from uuid_utils.compat import uuid7

from api.accepted_again import accepted_again
from models import database
from models.notification_again import request_of
from models.repositories import notification_edits, notifications
from models.repositories.templates import VersionCache
from models.sessions import Sessions

RACES = 24


def soon(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


@pytest.fixture(scope="module")
async def app(new_application, vendors) -> Any:
    return await new_application(vendors.twilio())


@pytest.fixture
def arrived(platform) -> Any:
    """The texts that this number got."""

    def texts(to: str) -> list[str]:
        return [effect.text for effect in platform.sandbox.desk.journal.index.find(to, "")]

    return texts


def inline(text: str) -> dict[str, Any]:
    return {"template": None, "content": {"sms": {"text": text}}, "data": {}}


async def edit(app: Any, id: str, **changes: Any) -> Any:
    return await app.ask("PATCH", f"{NOTIFICATIONS}/{id}", json=changes)


async def test_it_is_sent_sooner_and_as_it_is_now(app, arrived) -> None:
    to = "+4915170000001"
    id = await app.accept(to={"sms": to}, send_at=soon(3600), **inline("before"))
    answer = await edit(app, id, send_at=soon(1), content={"sms": {"text": "after"}})
    assert answer.status_code == 200, answer.text

    view = await app.until(id, "sent")

    assert arrived(to) == ["after"]
    [message] = view["messages"]
    assert message["attempts"][0]["started_at"] >= view["due_at"]


async def test_it_is_sent_later_and_not_when_it_was_due_before(app, arrived) -> None:
    to = "+4915170000002"
    id = await app.accept(to={"sms": to}, send_at=soon(1.5), **inline("x"))
    later = soon(3)
    assert (await edit(app, id, send_at=later)).status_code == 200

    view = await app.until(id, "sent")

    [message] = view["messages"]
    assert message["attempts"][0]["started_at"] >= later[:19]
    assert len(arrived(to)) == 1


async def test_another_priority_goes_through_its_own_queue(app, arrived) -> None:
    to = "+4915170000003"
    id = await app.accept(to={"sms": to}, send_at=soon(3600), **inline("x"))
    assert (await edit(app, id, priority="low")).status_code == 200
    assert (await edit(app, id, send_at=soon(1))).status_code == 200

    view = await app.until(id, "sent")

    assert view["priority"] == "low"
    assert view["workflow_id"].startswith("batch/")
    assert len(arrived(to)) == 1


async def test_edits_race_with_its_time_and_each_is_sent_once_whole(app, arrived) -> None:
    """Content, data and address book in one edit: what arrives is of one of the two, and once."""

    async def race(n: int) -> None:
        to = f"+49151711{n:05d}"
        first = {"content": {"sms": {"text": "old {{ word }}"}}, "data": {"word": "old"}}
        second = {"content": {"sms": {"text": "new {{ word }}"}}, "data": {"word": "new"}}
        due = datetime.now(UTC) + timedelta(seconds=1.5)
        body = {"template": None, "to": {"sms": to}, "send_at": due.isoformat(), **first}
        id = await app.accept(**body)
        edge = due + timedelta(milliseconds=random.uniform(-60, 20))
        await asyncio.sleep((edge - datetime.now(UTC)).total_seconds())
        answer = await edit(app, id, **second)
        view = await app.until(id, "sent", when=lambda v: v["ended_at"])
        won = answer.status_code == 200
        assert won or (answer.status_code, answer.json()["code"]) == (409, "too_late")
        assert arrived(to) == (["new new"] if won else ["old old"])
        assert view["data"] == (second if won else first)["data"]
        assert ("edited" in [e["kind"] for e in view["timeline"]]) is won

    await asyncio.gather(*(race(n) for n in range(RACES)))


async def test_one_that_is_resent_is_decided_afresh(app, arrived, platform) -> None:
    to = "+4915170000004"
    id = await app.accept(to={"sms": to}, **inline("again"))
    await app.until(id, "sent", when=lambda v: v["ended_at"])
    answer = await app.ask("POST", f"{NOTIFICATIONS}/{id}/resend", json={})
    second = await app.until(answer.json()["id"], "sent")

    assert second["resend_of"] == id
    assert arrived(to) == ["again", "again"]


async def test_an_edit_whose_signal_is_lost_is_found_by_the_reconciler(
    app, arrived, platform, database_url
) -> None:
    to = "+4915170000005"
    id = await app.accept(to={"sms": to}, send_at=soon(3600), **inline("x"))
    handle = platform.client.get_workflow_handle(f"notification/{id}")
    async with asyncio.timeout(20):
        while not await exists(handle):  # noqa: ASYNC110 - Temporal's doing
            await asyncio.sleep(0.02)
    engine = database.engine(database_url, pool=2)
    async with Sessions(engine).begin() as session:  # as the API does it, without its signal
        row = await notifications.get(session, app.id, UUID(id))
        request = replace(request_of(row), send_at=datetime.now(UTC))
        accepted = await accepted_again(session, row, request, VersionCache(), may_raise=True)
        assert await notification_edits.edit(session, row, accepted, {"send_at"}, uuid7())

    await app.until(id, "sent")  # the platform's relay reconciles

    await engine.dispose()
    assert len(arrived(to)) == 1
