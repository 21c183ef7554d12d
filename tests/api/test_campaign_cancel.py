"""Cancelling a campaign in the middle of what its workers do. By hand, statement by statement."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from own_campaigns import Team
from uuid_utils.compat import uuid7

from models import database
from models.campaign_steps import Shard
from models.repositories import campaign_messages, campaign_permits
from models.sessions import Session, Sessions


@pytest.fixture
async def sessions(database_url: str) -> AsyncIterator[Sessions]:
    engine = database.engine(database_url, pool=2)
    yield Sessions(engine)
    await engine.dispose()


async def running(team: Team, hands: Any, *people: int) -> Shard:
    """The shard of a campaign whose first step is done."""
    id = await team.submitted(*people)
    await hands.prepare(id)
    await team.grace.approve(id)
    [shard] = (await hands.step(id)).shards
    return shard


async def claim(session: Session, api: Any, shard: Shard, size: int) -> tuple[UUID, int]:
    """A worker's token, and how many it was given of those it asked for."""
    account = await api.database.fetchval(
        "SELECT id FROM vendor_account WHERE application_id = $1 AND channel = 'sms'",
        shard.application_id,
    )
    token = uuid7()
    return token, len(await campaign_messages.claim(session, shard, 0, account, token, size))


async def test_what_is_being_claimed_meanwhile_is_not_forgotten(team, hands, api, sessions) -> None:
    shard = await running(team, hands, 1, 2, 3, 4, 5)
    async with sessions.begin() as session:
        assert (await claim(session, api, shard, 2))[1] == 2
        cancelling = asyncio.create_task(team.ada.gets("POST", f"/{shard.owner_id}/cancel"))
        await asyncio.sleep(0.1)  # the claim takes its time; either order must do

    said = await cancelling

    assert said == {"status": "cancelled", "stopped": 3, "handed_over": 0, "in_doubt": 2}


async def test_what_a_claim_gives_back_is_stopped(team, hands, api, sessions) -> None:
    shard = await running(team, hands, 1, 2, 3)
    async with sessions.begin() as session:
        token, _ = await claim(session, api, shard, 2)
    said = await team.ada.gets("POST", f"/{shard.owner_id}/cancel")
    assert said == {"status": "cancelled", "stopped": 1, "handed_over": 0, "in_doubt": 2}
    assert (await hands.step(str(shard.owner_id))).kind == "wait"

    async with sessions.begin() as session:
        await campaign_messages.release(session, shard, token)

    assert (await hands.step(str(shard.owner_id))).kind == "ended"
    progress = await team.ada.gets("GET", f"/{shard.owner_id}/progress")
    assert progress["counts"] == {"cancelled": 3}


@pytest.mark.parametrize("status", ["paused", "cancelled", "edited"])
async def test_nothing_is_claimed_of_what_may_not_be_sent(
    team, hands, api, sessions, status
) -> None:
    shard = await running(team, hands, 1, 2)
    if status == "edited":  # no route does it: whatever does, the claim looks for itself
        await api.database.execute(
            "UPDATE owner SET content_hash = 'other' WHERE id = $1", shard.owner_id
        )
    else:
        move = {"paused": "pause", "cancelled": "cancel"}[status]
        await team.ada.gets("POST", f"/{shard.owner_id}/{move}")

    async with sessions.begin() as session:
        assert (await claim(session, api, shard, 2))[1] == 0
        told = await campaign_permits.sendable(session, shard.owner_id)

    assert not told.sendable


async def test_again_it_says_what_it_found_and_changes_nothing(team, hands, api, sessions) -> None:
    shard = await running(team, hands, 1, 2, 3)
    id = str(shard.owner_id)
    async with sessions.begin() as session:
        token, _ = await claim(session, api, shard, 2)
    first = await team.ada.gets("POST", f"/{id}/cancel")
    assert first == {"status": "cancelled", "stopped": 1, "handed_over": 0, "in_doubt": 2}
    before = await team.ada.events(id)

    assert await team.ada.gets("POST", f"/{id}/cancel") == first

    assert await team.ada.events(id) == before
    async with sessions.begin() as session:
        await campaign_messages.release(session, shard, token)
    await hands.step(id)
    later = await team.ada.gets("POST", f"/{id}/cancel")
    assert later == {"status": "cancelled", "stopped": 3, "handed_over": 0, "in_doubt": 0}


async def test_one_that_has_completed_is_not_cancelled(team, api) -> None:
    id = await team.ada.make()
    await api.database.execute("UPDATE campaign SET status = 'completed' WHERE id = $1", UUID(id))

    answer = await team.ada.do(id, "cancel")

    assert (answer.status_code, answer.json()["code"]) == (409, "already_ended")
