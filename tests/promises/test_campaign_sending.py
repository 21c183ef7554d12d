"""A campaign under way: sent exactly once to each, paused, paced, cancelled, and its account."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from midnights import midnight
from own_application import account_at_vendor
from own_campaigns import Person, Team, number

from deploy.local.sandbox.faults import Fault
from models.repositories.applications import NewAccount


async def running(team: Team, *people: int, **changes: Any) -> str:
    """Approved by Grace."""
    id = await team.submitted(*people, **changes)
    await team.ada.until(id, "pending_approval")
    assert (await team.grace.approve(id)).status_code == 200
    return id


def sent(platform: Any, account: NewAccount) -> list[Any]:
    """What the account's vendor has taken, in order."""
    journal = platform.sandbox.desk.journal.index
    named = account_at_vendor(account)
    return [e for e in journal.find("", account.vendor) if e.account == named]


async def until(ask: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not ask():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def ended(person: Person, id: str, *statuses: str) -> dict[str, Any]:
    """The report, once nothing is open."""
    await person.until(id, *(statuses or ("completed",)))
    await person.counted(id, lambda counts: not {"queued", "sending", "unknown"} & set(counts))
    return await person.gets("GET", f"/{id}/report")


async def suppress(platform: Any, team: Team, n: int) -> None:
    await platform.api.database.execute(
        "INSERT INTO suppression (application_id, channel, address, reason)"
        " VALUES ($1, 'sms', $2, 'unsubscribed')",
        team.app.id,
        number(n),
    )


async def test_each_is_told_once_or_it_is_said_why_not(platform, vendors, new_team) -> None:
    account = vendors.twilio()
    team = await new_team(account)
    await suppress(platform, team, 3)
    platform.fault("twilio", Fault.REFUSE, account=account_at_vendor(account), to=number(4))
    people = [{"to": number(n), "data": {"name": f"P{n}"}} for n in (1, 2, 3, 4, 2, 1)]
    people.append({"to": number(5)})  # its template needs a name

    id = await running(team, audience={"recipients": people})
    report = await ended(team.ada, id)

    assert [(e.to, e.text) for e in sent(platform, account)] == [
        (number(1), "News for P1"),
        (number(2), "News for P2"),
    ]
    assert (report["people"], report["campaign"]["duplicates"]) == (5, 2)
    assert report["counts"] == {"sent": 2, "suppressed": 1, "refused": 2}
    assert report["reasons"]["suppressed"] == {"unsubscribed": 1}
    assert sum(report["reasons"]["refused"].values()) == 2
    assert report["reasons"]["refused"]["template_undefined"] == 1
    assert report["seconds"] >= 0
    kinds = [event["kind"] for event in await team.ada.events(id)]
    assert kinds == ["created", "submitted", "validated", "approved", "started", "completed"]


@pytest.mark.parametrize(
    ("category", "counts", "arrivals"),
    [("held", {"sent": 2, "unknown": 1}, 1), ("transactional", {"sent": 3}, 2)],
)
async def test_a_doubt_is_held_or_sent_once_more_as_its_category_says(
    platform, vendors, new_team, category, counts, arrivals
) -> None:
    account = vendors.telegram()
    team = await new_team(account)
    named = account_at_vendor(account)
    platform.fault("telegram", Fault.ERROR_AFTER, account=named, to="7700002", times=1)
    people = {"recipients": [{"to": f"770000{n}"} for n in (1, 2, 3)]}
    content = {"telegram": {"text": "News"}}
    asked = {"channel": "telegram", "content": content, "audience": people}

    id = await running(team, **asked, category=category)

    await team.ada.until(id, "completed")
    report = await team.ada.gets("GET", f"/{id}/report")
    assert report["counts"] == counts
    arrived = Counter(e.to for e in sent(platform, account))
    assert arrived == {"7700001": 1, "7700002": arrivals, "7700003": 1}


async def test_who_objects_after_the_approval_is_not_told(platform, vendors, new_team) -> None:
    account = vendors.twilio()
    team = await new_team(account)
    id = await running(team, 1, 2, send_at=midnight(30))
    await team.ada.until(id, "scheduled")
    await team.ada.edit(id, send_at=None)
    await team.ada.until(id, "pending_approval")
    await suppress(platform, team, 2)

    await team.grace.approve(id)

    report = await ended(team.ada, id)
    assert report["counts"] == {"sent": 1, "suppressed": 1}
    assert report["reasons"]["suppressed"] == {"unsubscribed": 1}
    assert [e.to for e in sent(platform, account)] == [number(1)]


async def test_those_who_were_missed_are_told_by_another(platform, vendors, new_team) -> None:
    account = vendors.twilio()
    team = await new_team(account)
    people = [{"to": number(1), "data": {"name": "A"}}, {"to": number(2)}, {"to": number(3)}]
    id = await running(team, audience={"recipients": people})
    assert (await ended(team.ada, id))["counts"] == {"sent": 1, "refused": 2}
    await suppress(platform, team, 3)

    draft = await team.joan.gets("POST", f"/{id}/retry-failed", 201)

    assert (draft["status"], draft["copy_of"]) == ("draft", id)
    counted = await team.joan.gets("GET", f"/{draft['id']}/audience")
    assert [row["to"] for row in counted["sample"]] == [number(2)]
    await team.joan.edit(draft["id"], data={"name": "all"})
    await team.joan.gets("POST", f"/{draft['id']}/submit", 202)
    await team.joan.until(draft["id"], "pending_approval")
    assert (await team.ada.approve(draft["id"])).status_code == 200
    assert (await ended(team.ada, draft["id"]))["counts"] == {"sent": 1}
    assert [e.to for e in sent(platform, account)] == [number(1), number(2)]
    answer = await team.joan.do(draft["id"], "retry-failed")
    problem = answer.json()
    assert (problem["status"], problem["code"], problem["field"]) == (
        409,
        "nothing_failed",
        "audience",
    )


async def test_nothing_goes_out_once_the_window_has_closed(platform, vendors, new_team) -> None:
    account = vendors.twilio()
    team = await new_team(account)
    closes = datetime.now(UTC) + timedelta(seconds=2.5)
    await platform.api.database.execute(
        "UPDATE application SET off_hours_from = $2, off_hours_to = $3 WHERE id = $1",
        team.app.id,
        (closes - timedelta(hours=2)).time(),
        closes.time(),
    )
    id = await running(team, *range(1, 101), per_second=10, off_hours=True)
    await until(lambda: len(sent(platform, account)) >= 5)

    await until(lambda: datetime.now(UTC) > closes)
    counts = await team.ada.counted(id, lambda counts: not counts.get("sending"))
    await asyncio.sleep(0.7)  # in which seven would have gone

    assert sent(platform, account)[-1].at < closes.timestamp() + 0.5
    assert len(sent(platform, account)) == counts["sent"]
    assert counts["queued"] == 100 - counts["sent"] > 50
    assert (await team.ada.see(id))["status"] == "running"
    await team.ada.gets("POST", f"/{id}/cancel")
    await ended(team.ada, id, "cancelled")


async def test_paused_it_stops_and_resumed_it_goes_on(platform, vendors, new_team) -> None:
    account = vendors.twilio()
    team = await new_team(account)
    platform.fault("twilio", Fault.SLOW, account=account_at_vendor(account), seconds=0.3)
    people = range(1, 61)
    id = await running(team, *people, per_second=10)
    await until(lambda: len(sent(platform, account)) >= 3)

    await team.ada.gets("POST", f"/{id}/pause")
    paused_at = time.time()
    counts = await team.ada.counted(id, lambda counts: not counts.get("sending"))
    stopped_with = len(sent(platform, account))
    await asyncio.sleep(1.2)  # in which ten would have gone

    assert sent(platform, account)[-1].at < paused_at + 2
    assert len(sent(platform, account)) == stopped_with == counts["sent"] < 30
    assert counts["queued"] + counts["sent"] == 60
    progress = await team.ada.gets("GET", f"/{id}/progress")
    assert (progress["status"], progress["estimated_end"]) == ("paused", None)
    await team.ada.gets("POST", f"/{id}/rate", json={"per_second": None})
    platform.sandbox.desk.faults.rules.clear()
    await team.ada.gets("POST", f"/{id}/resume")
    assert (await ended(team.ada, id))["counts"] == {"sent": 60}
    assert Counter(e.to for e in sent(platform, account)) == Counter(map(number, people))


async def test_paused_it_keeps_no_permits_of_its_account(platform, vendors, new_team) -> None:
    account = vendors.twilio()
    team = await new_team(account)
    await platform.api.database.execute(
        "INSERT INTO vendor_rate (account_id, per_second)"
        " SELECT id, 100 FROM vendor_account WHERE application_id = $1",
        team.app.id,
    )
    platform.fault("twilio", Fault.SLOW, account=account_at_vendor(account), seconds=1)
    id = await running(team, *range(1, 61))
    await team.ada.counted(id, lambda counts: counts.get("sending", 0) > 40)  # more than lanes

    await team.ada.gets("POST", f"/{id}/pause")
    counts = await team.ada.counted(id, lambda counts: not counts.get("sending"))

    assert counts["queued"] > 0
    longest = (
        "SELECT max(g.until) - now() FROM vendor_grant g JOIN vendor_account a"
        " ON a.id = g.account_id WHERE a.application_id = $1"
    )
    async with asyncio.timeout(5):  # and not for as long as a lease
        while (await platform.api.database.fetchval(longest, team.app.id) or timedelta()) > (  # noqa: ASYNC110
            timedelta(seconds=5)
        ):
            await asyncio.sleep(0.02)


async def test_cancelled_it_says_what_had_gone(platform, vendors, new_team) -> None:
    account = vendors.twilio()
    team = await new_team(account)
    platform.fault("twilio", Fault.SLOW, account=account_at_vendor(account), seconds=0.5)
    id = await running(team, *range(1, 61), per_second=20)
    await until(lambda: len(sent(platform, account)) >= 12)

    said = await team.ada.gets("POST", f"/{id}/cancel")

    assert said["stopped"] + said["handed_over"] + said["in_doubt"] == 60
    assert said["stopped"] > 0
    assert said["in_doubt"] > 0
    report = await ended(team.ada, id, "cancelled")
    counts = report["counts"]
    assert counts["cancelled"] + counts["sent"] == 60
    assert counts["cancelled"] >= said["stopped"]
    assert said["handed_over"] <= counts["sent"] <= said["handed_over"] + said["in_doubt"]
    assert len(sent(platform, account)) == counts["sent"]
    handle = platform.client.get_workflow_handle(f"campaign/{id}")
    assert await asyncio.wait_for(handle.result(), 20) == "cancelled"


@pytest.mark.parametrize("to", [100, None])
async def test_a_slow_rate_is_raised_at_once(platform, vendors, new_team, to) -> None:
    account = vendors.twilio()
    team = await new_team(account)
    id = await running(team, *range(1, 31), per_second=0.01)  # one in a hundred seconds
    await until(lambda: len(sent(platform, account)) >= 1)
    await team.ada.counted(id, lambda counts: counts == {"sent": 1, "queued": 29})

    await team.ada.gets("POST", f"/{id}/rate", json={"per_second": to})

    assert (await ended(team.ada, id))["counts"] == {"sent": 30}


async def test_with_its_last_it_ends_however_slow_it_is(platform, vendors, new_team) -> None:
    team = await new_team(vendors.twilio())
    id = await running(team, 1, per_second=0.01)

    assert (await ended(team.ada, id))["counts"] == {"sent": 1}


async def test_a_rate_is_set_while_it_runs(platform, vendors, new_team) -> None:
    account = vendors.twilio()
    team = await new_team(account)
    platform.fault("twilio", Fault.SLOW, account=account_at_vendor(account), seconds=0.1)
    id = await running(team, *range(1, 1001))
    await until(lambda: len(sent(platform, account)) >= 20)

    await team.ada.gets("POST", f"/{id}/rate", json={"per_second": 10})
    # What was claimed before goes as it would have gone.
    counts = await team.ada.counted(id, lambda counts: counts.get("sending", 0) <= 10)
    before = len(sent(platform, account))
    await asyncio.sleep(1.5)

    assert counts["queued"] > 300
    assert len(sent(platform, account)) - before <= 10 * 1.5 + 10
    await team.ada.gets("POST", f"/{id}/cancel")
    await ended(team.ada, id, "cancelled")


async def test_a_canary_that_fails_stops_it(platform, vendors, new_team) -> None:
    account = vendors.twilio()
    team = await new_team(account)
    for n in (2, 5):
        platform.fault("twilio", Fault.REFUSE, account=account_at_vendor(account), to=number(n))
    canary = {"percent": 1, "most_failures_percent": 10}
    id = await running(team, *range(1, 31), canary=canary)

    view = await team.ada.until(id, "paused")

    assert view["reason"] == "canary_failed"
    counts = (await team.ada.gets("GET", f"/{id}/progress"))["counts"]
    assert counts == {"sent": 8, "refused": 2, "queued": 20}
    assert (await team.ada.events(id))[-1]["reason"] == "canary_failed"
    copy = (await team.ada.gets("POST", f"/{id}/resume"))["reason"]
    assert copy == ""
    assert (await ended(team.ada, id))["counts"] == {"sent": 28, "refused": 2}


async def test_a_canary_that_fails_can_be_cancelled(platform, vendors, new_team) -> None:
    account = vendors.twilio()
    team = await new_team(account)
    platform.fault("twilio", Fault.REFUSE, account=account_at_vendor(account))
    id = await running(team, *range(1, 21), canary={"percent": 50})
    await team.ada.until(id, "paused")

    said = await team.ada.gets("POST", f"/{id}/cancel")

    assert said == {"status": "cancelled", "stopped": 10, "handed_over": 0, "in_doubt": 0}
    report = await ended(team.ada, id, "cancelled")
    assert report["counts"] == {"refused": 10, "cancelled": 10}


async def test_a_canary_that_lives_lets_the_others_follow(platform, vendors, new_team) -> None:
    account = vendors.twilio()
    team = await new_team(account)
    platform.fault("twilio", Fault.REFUSE, account=account_at_vendor(account), to=number(2))
    canary = {"percent": 1, "most_failures_percent": 10}
    id = await running(team, *range(1, 31), canary=canary)

    report = await ended(team.ada, id)

    assert report["counts"] == {"sent": 29, "refused": 1}
    assert "canary_passed" in [event["kind"] for event in await team.ada.events(id)]
    order = [e.to for e in sent(platform, account)]
    assert set(order[:9]) == {number(n) for n in range(1, 11) if n != 2}


async def test_its_progress_is_streamed_until_it_ends(platform, vendors, new_team) -> None:
    team = await new_team(vendors.twilio())
    id = await team.submitted(*range(1, 13), per_second=6)
    await team.ada.until(id, "pending_approval")
    streaming = asyncio.create_task(team.ada.ask("GET", f"/{id}/progress/stream"))
    assert (await team.grace.approve(id)).status_code == 200

    answer = await asyncio.wait_for(streaming, 30)

    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [block.split("\r\n") for block in answer.text.split("\r\n\r\n") if "data: " in block]
    assert {lines[0] for lines in events} == {"event: progress"}
    views = [json.loads(lines[1].removeprefix("data: ")) for lines in events]
    assert len(views) >= 3
    for view in views:
        assert sum(view["counts"].values()) == view["people"] == 12
        assert sum(sum(each.values()) for each in view["reasons"].values()) == 12
    assert (views[-1]["status"], views[-1]["counts"]) == ("completed", {"sent": 12})
    sent_so_far = [view["counts"].get("sent", 0) for view in views]
    assert sent_so_far == sorted(sent_so_far)
    assert any(view["estimated_end"] and view["per_second"] for view in views[:-1])


async def test_a_test_send_is_told_beside_it(platform, vendors, new_team) -> None:
    account = vendors.twilio()
    team = await new_team(account)
    id = await team.ada.make(1)

    said = await team.ada.gets("POST", f"/{id}/test", 202, json={"to": [number(8), number(9)]})

    for notification in said["notifications"]:
        await team.app.until(notification, "sent")
    assert sorted((e.to, e.text) for e in sent(platform, account)) == [
        (number(8), "News for P1"),
        (number(9), "News for P1"),
    ]
    assert (await team.ada.see(id))["status"] == "draft"
