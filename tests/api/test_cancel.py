"""Cancelling: PostgreSQL decides, and the answer says what had gone.

No worker runs here: the pipeline's own statements take a message as far as a test wants it.
"""

import asyncio
from uuid import UUID

import pytest
from midnights import midnight
from pipeline_by_hand import ACCEPTED, REFUSED, UNKNOWN
from uuid_utils.compat import uuid7

from models.messages import Outcome, Verdict
from models.repositories import decisions, notifications, outcomes


@pytest.fixture
async def accept(api, body):
    """Accepts one that has a workflow of its own; gives back its id."""

    async def send(**changes: object) -> UUID:
        answer = await api.batch([body(**changes)])
        id = UUID(answer.json()["items"][0]["id"])
        return id, UUID(next(iter(answer.json()["batches"].values())))

    return send


@pytest.fixture
def cancel(api):
    async def cancelled(id: UUID) -> tuple[str, str, list[str]]:
        answer = await api.http.delete(f"/v1/notifications/{id}")
        assert answer.status_code == 200, answer.text
        view = answer.json()
        seen = (await api.http.get(f"/v1/notifications/{id}")).json()
        assert seen["status"] == view["status"]
        ends = [m["result"] or m["phase"] for m in view["messages"]]
        return view["outcome"], view["status"], ends

    return cancelled


async def kinds(api, id: UUID) -> list[str]:
    seen = (await api.http.get(f"/v1/notifications/{id}")).json()
    return [event["kind"] for event in seen["timeline"]]


async def test_before_it_is_due_nothing_is_ever_sent(api, accept, cancel, pipeline) -> None:
    id, owner = await accept(send_at=midnight(30))

    assert await cancel(id) == ("stopped", "cancelled", [])
    await pipeline.queue(owner)
    assert await cancel(id) == ("stopped", "cancelled", [])  # again is the same
    assert await kinds(api, id) == ["accepted", "cancel_requested", "ended"]


async def test_while_it_is_queued_its_message_is_stopped(
    api, accept, cancel, pipeline, account
) -> None:
    id, owner = await accept()
    await pipeline.queue(owner)

    assert await cancel(id) == ("stopped", "cancelled", ["cancelled"])
    assert (await pipeline.hand_over(owner, account))[1] == []
    assert "cancelled" in await kinds(api, id)


async def test_while_it_is_handed_over_the_answer_is_in_doubt(
    api, accept, cancel, pipeline, account
) -> None:
    id, owner = await accept()
    token, claimed = await pipeline.hand_over(owner, account)

    assert await cancel(id) == ("in_doubt", "processing", ["sending"])
    await pipeline.record(owner, token, claimed, ACCEPTED)

    assert await cancel(id) == ("handed_over", "sent", ["sent"])


async def test_one_that_the_vendor_did_not_take_is_not_tried_again(
    api, accept, cancel, pipeline, account
) -> None:
    id, owner = await accept()
    token, claimed = await pipeline.hand_over(owner, account)
    assert (await cancel(id))[0] == "in_doubt"

    await pipeline.record(owner, token, claimed, Outcome(Verdict.RETRY, reason="released"))

    assert (await pipeline.hand_over(owner, account))[1] == []


async def test_after_it_was_sent_it_has_gone(accept, cancel, pipeline, account) -> None:
    id, owner = await accept()
    await pipeline.send(owner, account, ACCEPTED)

    assert await cancel(id) == ("handed_over", "sent", ["sent"])


async def test_after_it_was_refused_there_is_nothing_to_stop(
    accept, cancel, pipeline, account
) -> None:
    id, owner = await accept()
    await pipeline.send(owner, account, REFUSED)

    assert await cancel(id) == ("already_ended", "failed", ["refused"])


async def test_an_unknown_stays_in_doubt(accept, cancel, pipeline, account) -> None:
    id, owner = await accept()
    await pipeline.send(owner, account, UNKNOWN)

    outcome, _, ends = await cancel(id)

    assert (outcome, ends) == ("in_doubt", ["unknown"])


async def test_one_that_waits_to_share_a_workflow_ends_at_once(api, body, cancel, pipeline) -> None:
    id = uuid7()
    await api.database.execute(
        "INSERT INTO notification (id, application_id, category_id, priority, channels,"
        " channel_mode, on_unknown, content, data, metadata, addresses, due_at, expires_at)"
        " SELECT $1, application_id, category_id, priority, channels, channel_mode, on_unknown,"
        " '{}', data, metadata, addresses, now(), now() + interval '1 day'"
        " FROM notification LIMIT 1",
        id,
    )

    assert await cancel(id) == ("stopped", "cancelled", [])
    assert await kinds(api, id) == ["cancel_requested", "ended"]


async def test_twenty_at_once_stop_it_once_and_say_the_same(api, accept, pipeline, at_once) -> None:
    id, owner = await accept()
    await pipeline.queue(owner)

    answers = await at_once(20, lambda _: api.http.delete(f"/v1/notifications/{id}"))

    assert [answer.json()["outcome"] for answer in answers] == ["stopped"] * 20
    assert (await kinds(api, id)).count("cancel_requested") == 1


async def test_cancelling_what_is_just_being_ended_waits_and_tells_the_truth(
    api, accept, pipeline, account
) -> None:
    id, owner = await accept()
    token, claimed = await pipeline.hand_over(owner, account)
    async with pipeline.sessions.begin() as session:
        await outcomes.record(session, owner, token, [(claimed[0], ACCEPTED)])
        await decisions.end(session, owner)
        cancelling = asyncio.create_task(api.http.delete(f"/v1/notifications/{id}"))
        await _waits_for_a_lock(api)

    answer = await cancelling

    assert (answer.status_code, answer.json()["outcome"]) == (200, "handed_over")


async def test_ending_what_is_just_being_cancelled_leaves_it_to_the_cancellation(
    accept, pipeline, account
) -> None:
    id, owner = await accept()
    token, claimed = await pipeline.hand_over(owner, account)
    async with pipeline.sessions.begin() as session:
        application = claimed[0].application_id
        assert await notifications.cancel(session, application, id, uuid7())
        await pipeline.record(owner, token, claimed, ACCEPTED)
        async with pipeline.sessions.begin() as other:
            assert await decisions.status(other, owner) == "running"
        assert await decisions.end(session, owner)


async def _waits_for_a_lock(api) -> None:
    async with asyncio.timeout(10):
        while not await api.database.fetchval(WAITING):  # noqa: ASYNC110 - it waits in PostgreSQL
            await asyncio.sleep(0.01)


WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND datname = current_database()
"""
