"""Campaigns by the staff: the API's rules, four eyes, and one line of the audit log each."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from console_visitors import Browser, Desk
from own_campaigns import ByHand, by_hand, number

HASH = re.compile(r'name="hash" value="([0-9a-f]{64})"')
FORM = {
    "name": "November news",
    "channel": "sms",
    "text": "News for {{ name }}",
    "category": "newsletter",
    "audience": "written",
    "recipients": f"{number(1)}, Ada\n{number(2)}, Grace\n",
}


@pytest.fixture(scope="module")
async def hands(database_url: str) -> AsyncIterator[ByHand]:
    async with by_hand(database_url) as hands:
        yield hands


def at(answer: Any) -> str:
    """Where it leads, as a path of the console without the query."""
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0].removeprefix("/console")


async def made(author: Browser, **changes: str) -> str:
    """The path of a new draft."""
    return at(await author.send("/campaigns/new", "/campaigns", **{**FORM, **changes}))


async def waiting(author: Browser, hands: ByHand, **changes: str) -> str:
    """One that waits for approval."""
    path = await made(author, **changes)
    assert at(await author.send(path, f"{path}/submit")) == path
    assert await hands.prepare(path.rpartition("/")[2]) == "pending_approval"
    return path


async def hash_of(approver: Browser, path: str) -> str:
    found = HASH.search(await approver.page(f"{path}/approval"))
    assert found
    return found[1]


async def audited(desk: Desk, path: str) -> list[str]:
    rows = await desk.api.database.fetch(
        "SELECT action FROM audit_entry WHERE subject_id = $1 ORDER BY number",
        path.rpartition("/")[2],
    )
    return [row["action"] for row in rows]


async def status(desk: Desk, path: str) -> str:
    id = UUID(path.rpartition("/")[2])
    return await desk.api.database.fetchval("SELECT status FROM campaign WHERE id = $1", id)


async def test_from_draft_to_approval(desk: Desk, hands: ByHand) -> None:
    author, approver = desk.staff["author"], desk.staff["approver"]
    path = await waiting(author, hands)
    assert path in await approver.page("/approvals")
    seen = await hash_of(approver, path)
    page = f"{path}/approval"
    assert at(await approver.send(page, f"{path}/approve", hash=seen)) == path
    assert await status(desk, path) == "scheduled"
    assert path not in await approver.page("/approvals")
    assert await audited(desk, path) == ["campaign.create", "campaign.submit", "campaign.approve"]
    decided = await desk.api.database.fetchrow("SELECT approver, via FROM campaign_approval")
    assert decided["via"] == "console"
    assert decided["approver"].startswith("approver-")


async def test_nobody_approves_their_own_not_even_an_admin(desk: Desk, hands: ByHand) -> None:
    admin = desk.staff["admin"]
    path = await waiting(admin, hands)
    assert path not in await admin.page("/approvals")
    page = await admin.page(f"{path}/approval")
    assert "somebody else must approve it" in page
    assert "/approve" not in page
    id = UUID(path.rpartition("/")[2])
    seen = await desk.api.database.fetchval("SELECT content_hash FROM campaign WHERE id = $1", id)
    for verb, more in (("approve", {}), ("reject", {"reason": "no"}), ("approval-code", {})):
        answer = await admin.send(path, f"{path}/{verb}", hash=seen, **more)
        assert answer.status_code == 403
        assert "somebody else must approve" in answer.text
    assert await status(desk, path) == "pending_approval"
    events = await desk.api.database.fetch(
        "SELECT reason FROM event WHERE owner_id = $1 AND kind = 'approval_refused'", id
    )
    assert [row["reason"] for row in events] == ["own_campaign"] * 3


async def test_who_approves_what_has_changed_meanwhile_is_told(desk: Desk, hands: ByHand) -> None:
    author, approver = desk.staff["author"], desk.staff["approver"]
    path = await waiting(author, hands)
    seen = await hash_of(approver, path)
    edited = {**FORM, "text": "Other news for {{ name }}"}
    assert at(await author.send(f"{path}/edit", f"{path}/edit", **edited)) == path
    await hands.prepare(path.rpartition("/")[2])
    answer = await approver.send(f"{path}/approval", f"{path}/approve", hash=seen)
    assert (answer.status_code, "it has changed since" in answer.text) == (409, True)
    assert await status(desk, path) == "pending_approval"


async def test_the_next_approver_sees_what_changed(desk: Desk, hands: ByHand) -> None:
    author, approver = desk.staff["author"], desk.staff["approver"]
    path = await waiting(author, hands)
    first = await approver.page(f"{path}/approval")
    assert "Nobody has decided on an earlier version." in first
    fields = {"hash": await hash_of(approver, path), "reason": "say it better"}
    assert at(await approver.send(f"{path}/approval", f"{path}/reject", **fields)) == path
    assert "say it better" in await author.page(path)
    edited = {**FORM, "text": "Better news for {{ name }}", "off_hours": "true"}
    await author.send(f"{path}/edit", f"{path}/edit", **edited)
    await author.send(path, f"{path}/submit")
    await hands.prepare(path.rpartition("/")[2])
    page = await approver.page(f"{path}/approval")
    assert "<del>− News for {{ name }}</del><ins>+ Better news for {{ name }}</ins>" in page
    assert "<del>− false</del><ins>+ true</ins>" in page
    assert f"<del>− {number(1)}" not in page


async def test_an_edit_that_changes_nothing_voids_nothing(desk: Desk, hands: ByHand) -> None:
    author = desk.staff["author"]
    path = await waiting(author, hands)
    before = await hash_of(desk.staff["approver"], path)
    assert at(await author.send(f"{path}/edit", f"{path}/edit", **FORM)) == path
    assert await hash_of(desk.staff["approver"], path) == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"text": "News for {{ name"}, "Please check what you entered"),
        ({"text": ""}, "choose a template, or write what it says"),
        ({"channel": "pigeon"}, "no such channel"),
        ({"recipients": "nonsense"}, "audience.recipients.0.to"),
        ({"send_at": "2020-01-01T00:00"}, "lies in the past"),
        ({"per_second": "many"}, "want a number"),
        ({"data": "{"}, "want a JSON object"),
        ({"category": "otp-of-nobody"}, "no such category"),
        ({"name": ""}, "want something here"),
    ],
)
async def test_what_is_wrong_is_told_and_nothing_is_stored(
    desk: Desk, changes: dict[str, str], said: str
) -> None:
    count = "SELECT (SELECT count(*) FROM campaign) + (SELECT count(*) FROM staff_form)"
    before = await desk.api.database.fetchval(count)
    author = desk.staff["author"]
    answer = await author.send("/campaigns/new", "/campaigns", **{**FORM, **changes})
    assert (answer.status_code, said in answer.text) == (422, True), answer.text
    assert await desk.api.database.fetchval(count) == before


async def test_a_form_sent_twice_makes_one(desk: Desk) -> None:
    author = desk.staff["author"]
    fields = {**FORM, **await author.form_of("/campaigns/new")}
    assert (await author.post("/campaigns", fields)).status_code == 303
    before = await desk.api.database.fetchval("SELECT count(*) FROM campaign")
    again = await author.post("/campaigns", fields)
    assert (again.status_code, "nothing was done again" in again.text) == (409, True)
    assert await desk.api.database.fetchval("SELECT count(*) FROM campaign") == before


async def test_a_file_is_taken_as_it_is_and_goes_on_where_it_broke_off(desk: Desk) -> None:
    author = desk.staff["author"]
    path = at(
        await author.send("/campaigns/new", "/campaigns", **{**FORM, "audience": "upload"})
    ).removesuffix("/audience")
    content = f"to,name\n{number(1)},Ada\n{number(2)},Grace\nnonsense,X\n".encode()
    token = (await author.form_of(path))["form_token"]

    async def upload(offset: int, piece: bytes, **headers: str) -> Any:
        return await author.http.post(
            f"/console{path}/audience/content?offset={offset}",
            content=piece,
            headers={"Content-Type": "application/octet-stream", "HX-Request": "true", **headers},
        )

    assert (await upload(0, content)).status_code == 403
    wrong = await upload(7, content[7:], **{"X-Form-Token": token})
    assert (wrong.status_code, "0 bytes are stored" in wrong.text) == (409, True)
    done = await upload(0, content, **{"X-Form-Token": token})
    assert (done.status_code, done.headers["hx-redirect"].partition("?")[0]) == (
        204,
        f"/console{path}/audience",
    )
    page = await author.page(f"{path}/audience")
    assert number(2) in page
    assert "Refused rows" in page
    again = await upload(len(content), b"", **{"X-Form-Token": token})
    assert again.status_code == 409


async def test_it_is_steered_by_who_may(desk: Desk, hands: ByHand) -> None:
    author, operator = desk.staff["author"], desk.staff["operator"]
    path = await waiting(author, hands)
    seen = {"hash": await hash_of(desk.staff["approver"], path)}
    await desk.staff["approver"].send(f"{path}/approval", f"{path}/approve", **seen)
    await hands.step(path.rpartition("/")[2])
    assert await status(desk, path) == "running"
    assert (
        await author.send(f"{path}/edit", f"{path}/edit", **FORM, off_hours="true")
    ).status_code == 409
    assert at(await operator.send(path, f"{path}/rate", per_second="2.5")) == path
    assert at(await operator.send(path, f"{path}/pause")) == path
    assert await status(desk, path) == "paused"
    assert (await operator.send(path, f"{path}/pause")).status_code == 409
    assert at(await operator.send(path, f"{path}/resume")) == path
    assert at(await operator.send(path, f"{path}/cancel")) == path
    assert await status(desk, path) == "cancelled"
    assert "cancelled" in await operator.page(f"{path}/report")
    copied = at(await author.send(path, f"{path}/duplicate"))
    assert copied != path
    assert await status(desk, copied) == "draft"
    assert (await audited(desk, path))[-4:] == [
        "campaign.rate", "campaign.pause", "campaign.resume", "campaign.cancel",
    ]  # fmt: skip


async def test_a_live_part_says_when_the_page_is_another(desk: Desk) -> None:
    author = desk.staff["author"]
    path = await made(author)
    headers = {"X-Live": "1", "HX-Request": "true"}
    same = await author.get(f"{path}/live?seen=draft", headers=headers)
    other = await author.get(f"{path}/live?seen=running", headers=headers)
    assert "hx-refresh" not in same.headers
    assert other.headers["hx-refresh"] == "true"


async def test_what_a_message_says_is_shown_in_a_frame_that_can_do_nothing(desk: Desk) -> None:
    author = desk.staff["author"]
    path = await made(
        author,
        channel="email",
        subject="News",
        html="<p style='color: red'>Hi</p><script>alert(1)</script>",
        text="",
        recipients="ada@example.com",
    )
    assert "<script>alert" not in await author.page(path)
    frame = await author.get(f"{path}/preview/0")
    policy = frame.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'")
    assert "frame-ancestors 'self'" in policy


async def test_who_uploads_anothers_audience_does_not_approve(desk: Desk, hands: ByHand) -> None:
    author, admin = desk.staff["author"], desk.staff["admin"]
    made = await author.send("/campaigns/new", "/campaigns", **{**FORM, "audience": "upload"})
    path = at(made).removesuffix("/audience")
    done = await admin.http.post(
        f"/console{path}/audience/content",
        content=f"to,name\n{number(1)},Ada\n".encode(),
        headers={
            "Content-Type": "application/octet-stream",
            "X-Form-Token": (await admin.form_of(path))["form_token"],
        },
    )
    assert done.status_code == 303, done.text
    await author.send(path, f"{path}/submit")
    assert await hands.prepare(path.rpartition("/")[2]) == "pending_approval"
    seen = await hash_of(desk.staff["approver"], path)

    assert path not in await admin.page("/approvals")
    refused = await admin.send(path, f"{path}/approve", hash=seen)

    assert refused.status_code == 403
    approved = await desk.staff["approver"].send(f"{path}/approval", f"{path}/approve", hash=seen)
    assert at(approved) == path


@pytest.mark.parametrize("what", ["text", "send_at", "audience"])
async def test_who_edits_anothers_does_not_approve(desk: Desk, hands: ByHand, what: str) -> None:
    author, admin = desk.staff["author"], desk.staff["admin"]
    path = await made(author)
    if what == "audience":
        fields = {"audience": "written", "recipients": f"{number(7)}, Joan\n"}
        edited = await admin.send(f"{path}/audience", f"{path}/audience", **fields)
        assert at(edited) == f"{path}/audience"
    else:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        changes = {"text": "Mine", "send_at": f"{tomorrow:%Y-%m-%dT%H:%M}"}
        edited = await admin.send(f"{path}/edit", f"{path}/edit", **FORM | {what: changes[what]})
        assert at(edited) == path
    await author.send(path, f"{path}/submit")
    assert await hands.prepare(path.rpartition("/")[2]) == "pending_approval"

    seen = await hash_of(desk.staff["approver"], path)
    refused = await admin.send(path, f"{path}/approve", hash=seen)

    assert (refused.status_code, await status(desk, path)) == (403, "pending_approval")
