"""Approval by a signal, as the Temporal UI or its CLI sends it: what is no code changes nothing."""

import asyncio
from typing import Any

import pytest
from midnights import midnight
from own_campaigns import Team, number
from platform_in_process import Platform
from temporalio.client import WorkflowHandle


async def signalled(
    platform: Platform, team: Team, id: str, *args: Any
) -> WorkflowHandle[Any, Any]:
    """The campaign's workflow, after the signal."""
    handle = platform.client.get_workflow_handle((await team.ada.see(id))["workflow_id"])
    await handle.signal("approve", args=list(args))
    return handle


async def code_of(team: Team, id: str) -> str:
    hash = (await team.grace.see(id))["content_hash"]
    return (await team.grace.do(id, "approval-code", hash=hash)).json()["code"]


async def refusals(team: Team, id: str, count: int) -> list[tuple[str, str]]:
    """All of them, once there are so many."""
    async with asyncio.timeout(20):
        while len(found := await team.ada.refusals(id)) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


async def test_a_code_approves_once_and_what_follows_is_recorded(
    platform, vendors, new_team
) -> None:
    team = await new_team(vendors.twilio())
    id = await team.submitted(1001, send_at=midnight(30))
    await team.ada.until(id, "pending_approval")
    good = {"approver": "grace@example.com", "code": await code_of(team, id)}

    await signalled(platform, team, id, good)
    view = await team.ada.until(id, "scheduled")
    await signalled(platform, team, id, good)

    assert view["approvals"][0]["via"] == "signal"
    assert await refusals(team, id, 1) == [("grace@example.com", "is_scheduled")]
    assert platform.arrived(number(1001)) == []
    await team.ada.edit(id, send_at=None)
    await team.ada.until(id, "pending_approval")
    await signalled(platform, team, id, good)
    assert (await refusals(team, id, 2))[1] == ("grace@example.com", "code_invalid")
    assert (await team.joan.approve(id)).status_code == 200
    await team.ada.until(id, "completed")
    assert platform.arrived(number(1001)) == ["twilio"]


MALFORMED: list[tuple[Any, ...]] = [
    (),
    (None,),
    ("",),
    ("a string",),
    (["a", "list"],),
    (42,),
    ({},),
    ({"approver": "grace@example.com"},),
    ({"approver": {"a": [1]}, "code": None},),
    ({"approver": "nul\0", "code": "\0"},),
    ({"approver": "lone \ud800", "code": "\udfff"},),
    ({"approver": "x" * 100_000, "code": "y" * 100_000},),
    ("two", "arguments"),
    ({"approver": "grace@example.com", "code": ""}, "more"),
]


async def test_whatever_a_signal_holds_without_a_code_it_changes_nothing(
    platform, vendors, new_team
) -> None:
    team = await new_team(vendors.twilio())
    id = await team.submitted(1002)
    await team.ada.until(id, "pending_approval")
    code = await code_of(team, id)

    for args in [*MALFORMED, ({"approver": "ada@example.com", "code": code},)]:
        handle = await signalled(platform, team, id, *args)
    await handle.signal("wake", args=["of no use"])

    found = await refusals(team, id, len(MALFORMED) + 1)
    assert {reason for _, reason in found} == {"code_invalid"}
    assert (await team.ada.see(id))["status"] == "pending_approval"
    assert platform.arrived(number(1002)) == []
    await signalled(platform, team, id, {"approver": "grace@example.com", "code": code})
    await team.ada.until(id, "completed")
    assert await asyncio.wait_for(handle.result(), 20) == "completed"
    assert platform.arrived(number(1002)) == ["twilio"]


async def test_after_its_time_no_code_helps(platform, vendors, new_team) -> None:
    team = await new_team(vendors.twilio())
    id = await team.submitted(1003, approval_within=1)
    hash = (await team.ada.until(id, "pending_approval"))["content_hash"]

    view = await team.ada.until(id, "lapsed")

    answer = await team.grace.approve(id, hash)
    assert (answer.status_code, answer.json()["code"]) == (409, "lapsed")
    assert view["approvals"] == []
    handle = platform.client.get_workflow_handle(view["workflow_id"])
    assert await asyncio.wait_for(handle.result(), 20) == "lapsed"
    assert platform.arrived(number(1003)) == []


@pytest.mark.parametrize("n", [1004])
async def test_an_edit_of_what_is_approved_waits_for_another_approval(
    platform, vendors, new_team, n
) -> None:
    team = await new_team(vendors.twilio())
    id = await team.submitted(n, send_at=midnight(30))
    before = await team.ada.until(id, "pending_approval")
    await team.grace.approve(id)

    await team.ada.edit(id, send_at=None, content={"sms": {"text": "Edited"}})
    after = await team.ada.until(id, "pending_approval")
    answer = await team.joan.approve(id, before["content_hash"])

    assert (answer.status_code, answer.json()["code"]) == (409, "changed")
    assert after["approvals"] == []
    assert platform.arrived(number(n)) == []
    await team.grace.approve(id)
    await team.ada.until(id, "completed")
    [effect] = platform.sandbox.desk.journal.index.find(number(n), "")
    assert effect.text == "Edited"
