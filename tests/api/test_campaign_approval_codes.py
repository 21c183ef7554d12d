"""Approvals by a signal, with a code that counts once and for one approver. By hand."""

import asyncio

import pytest
from own_campaigns import Team
from pending_campaigns import pending_of, refused


async def test_a_code_counts_once(team, hands, pending) -> None:
    hash = (await team.ada.see(pending))["content_hash"]
    answer = await team.grace.do(pending, "approval-code", hash=hash)
    said = answer.json()
    assert (said["approver"], said["hash"], said["workflow_id"]) == (
        "grace@example.com",
        hash,
        f"campaign/{pending}",
    )

    assert await hands.signal(pending, " Grace@example.com", said["code"].lower()) == ""

    view = await team.ada.see(pending)
    assert (view["status"], view["approvals"][0]["via"]) == ("scheduled", "signal")
    assert await hands.signal(pending, "grace@example.com", said["code"]) == "is_scheduled"
    kinds = [(e["kind"], e["reason"]) for e in await team.ada.events(pending)][-3:]
    assert kinds == [
        ("approval_code_given", None),
        ("approved", None),
        ("approval_refused", "is_scheduled"),
    ]
    assert said["code"] not in str(await team.ada.events(pending))


@pytest.mark.parametrize(
    ("approver", "code"),
    [
        ("joan@example.com", "{grace}"),
        ("ada@example.com", "{grace}"),
        ("grace@example.com", ""),
        ("grace@example.com", "AAAAAAAA-AAAAAAAA-AAAAAAAA-AAAAAAAA"),
        ("grace@example.com", "{old}"),
        ("", "{grace}"),
        ("", ""),
        ("nul\0", "{grace}\0"),
        ("lone \ud800", "\udfff"),
        ("x" * 5000, "y" * 5000),
    ],
    ids=ascii,
)
async def test_what_is_no_code_of_this_approver_is_recorded(
    team, hands, pending, approver, code
) -> None:
    old = await code_of(team, pending)
    await team.ada.edit(pending, data={"name": "all"})
    await hands.prepare(pending)
    given = code.format(grace=await code_of(team, pending), old=old)

    assert await hands.signal(pending, approver, given) == "code_invalid"

    assert (await team.ada.see(pending))["status"] == "pending_approval"
    [(by, reason)] = await team.ada.refusals(pending)
    assert reason == "code_invalid"
    assert by[:3] == approver[:3]
    assert (await hands.step(pending)).kind == "wait"


async def code_of(team: Team, id: str) -> str:
    hash = (await team.grace.see(id))["content_hash"]
    return (await team.grace.do(id, "approval-code", hash=hash)).json()["code"]


async def test_a_code_of_who_edits_it_afterwards_is_of_no_use(team, hands, pending) -> None:
    code = await code_of(team, pending)
    await team.grace.edit(pending, data={"name": "all"})
    await hands.prepare(pending)

    assert await hands.signal(pending, "grace@example.com", code) == "code_invalid"


async def test_a_code_is_given_for_what_waits_for_approval_alone(team, pending) -> None:
    await refused(await team.grace.do(pending, "approval-code", hash="0" * 64), 409, "changed")
    hash = (await team.ada.see(pending))["content_hash"]
    await team.ada.gets("POST", f"/{pending}/cancel")

    answer = await team.grace.do(pending, "approval-code", hash=hash)

    await refused(answer, 409, "is_cancelled")


async def test_by_signal_and_api_at_once_it_counts_once(team, hands) -> None:
    for _ in range(5):
        id = await pending_of(team, hands)
        code = await code_of(team, id)

        answer, said = await asyncio.gather(
            team.grace.approve(id), hands.signal(id, "grace@example.com", code)
        )

        assert (answer.status_code == 200) is (said != "")
        assert len((await team.ada.see(id))["approvals"]) == 1
