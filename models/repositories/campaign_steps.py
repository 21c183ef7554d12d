"""What a campaign's workflow does next, read and moved by one transaction.

Time moves a campaign here: approvals lapse, windows open and close, a canary passes, it ends.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.campaign import CampaignMove, CampaignStatus, next_opening
from models.campaign_steps import Shard, Step
from models.repositories import campaign_sweeps, campaigns
from models.repositories.campaigns import By, Row
from models.sessions import Session

SHARD = 12_500  # messages of one shard: enough shards for every process to get some
AT_ONCE = 16  # shards of one step
FAR = timedelta(days=1)  # nothing is known before then
AGAIN = timedelta(seconds=30)
WINDOW_KNOWN = timedelta(minutes=5)  # so long; the application may change it

APPLICATION = text("""
SELECT time_zone, off_hours_from, off_hours_to, clock_timestamp() AS now
FROM application WHERE id = :id
""")
OPEN = text("""
SELECT count(*) AS open, min(seq) AS first, max(seq) AS last,
       min(CASE phase WHEN 'sending' THEN lease_until ELSE next_at END) AS at
FROM message WHERE owner_id = :id AND seq BETWEEN :first AND :last AND phase <> 'ended'
""")
FAILED = text("""
SELECT count(*) AS ended, count(*) FILTER (WHERE result IN ('refused', 'unknown')) AS failed
FROM message WHERE owner_id = :id AND seq <= :until AND phase = 'ended' AND result <> 'suppressed'
""")
PASSED = text("UPDATE campaign SET canary_passed_at = clock_timestamp() WHERE id = :id")
REMIND = text("UPDATE campaign SET reminded_at = clock_timestamp() WHERE id = :id")
EXPIRES = text("""
UPDATE owner SET expires_at = clock_timestamp() + (SELECT expires_in FROM campaign WHERE id = :id)
WHERE id = :id
""")
RATE = text("INSERT INTO campaign_rate (owner_id) VALUES (:id) ON CONFLICT DO NOTHING")
NEXT = text("UPDATE owner SET next_at = :at WHERE id = :id")
LAST = 2**31 - 1


async def step(session: Session, id: UUID) -> Step:
    """The next step of a campaign, moved as far as time moves it."""
    campaign = await campaigns.locked_by_id(session, id)
    if campaign is None:
        return Step("ended", status="gone")
    here = (await session.execute(APPLICATION, {"id": campaign["application_id"]})).mappings().one()
    found = await _step(session, campaign, dict(here))
    if found.kind != "ended":
        await session.execute(NEXT, {"id": id, "at": found.until or here["now"]})
    return found


async def _step(session: Session, campaign: Row, here: Mapping[str, Any]) -> Step:
    status = CampaignStatus(campaign["status"])
    if status is CampaignStatus.VALIDATING:
        return Step("validate", line="Counting the audience", status=status)
    if status is CampaignStatus.PENDING_APPROVAL:
        return await _pending(session, campaign, here["now"])
    if status is CampaignStatus.SCHEDULED:
        return await _scheduled(session, campaign, here)
    if status is CampaignStatus.RUNNING:
        return await _running(session, campaign, here)
    if status is CampaignStatus.PAUSED:
        return Step("wait", here["now"] + FAR, line="Paused", status=status)
    if status is CampaignStatus.CANCELLED:
        return await _cancelled(session, campaign, here["now"])
    return Step("ended", status=status)


async def _pending(session: Session, campaign: Row, now: datetime) -> Step:
    lapses_at: datetime = campaign["lapses_at"]
    if now >= lapses_at:
        await campaigns.move(session, campaign, CampaignMove.LAPSED, By())
        return Step("ended", status=CampaignStatus.LAPSED)
    remind_at = lapses_at - campaign["approval_within"] / 4
    if campaign["reminded_at"] is None and now >= remind_at:
        await session.execute(REMIND, {"id": campaign["id"]})
        detail = {"lapses_at": lapses_at.isoformat()}
        await campaigns.note(session, campaign["id"], "approval_reminder", By(), detail=detail)
    until = lapses_at if now >= remind_at else remind_at
    line = f"Waits for approval until {lapses_at:%Y-%m-%d %H:%M} UTC; {campaign['people']} people"
    return Step("wait", until, line=line, status=CampaignStatus.PENDING_APPROVAL)


async def _scheduled(session: Session, campaign: Row, here: Mapping[str, Any]) -> Step:
    opens_at, _ = _window(campaign, here)
    if opens_at > here["now"]:
        line = f"Approved; waits until {opens_at:%Y-%m-%d %H:%M} UTC"
        until = _look_at(campaign, here, opens_at)
        return Step("wait", until, line=line, status=CampaignStatus.SCHEDULED)
    await session.execute(EXPIRES, {"id": campaign["id"]})
    await session.execute(RATE, {"id": campaign["id"]})
    await campaigns.move(session, campaign, CampaignMove.STARTED, By())
    return await _running(session, {**campaign, "status": CampaignStatus.RUNNING}, here)


async def _running(session: Session, campaign: Row, here: Mapping[str, Any]) -> Step:
    running, id = CampaignStatus.RUNNING, campaign["id"]
    canary = campaign["canary_until"] if campaign["canary_passed_at"] is None else None
    values = {"id": id, "first": 0, "last": canary or LAST}
    left = (await session.execute(OPEN, values)).one()
    if not left.open and canary:
        if not await _passes(session, campaign):
            move = CampaignMove.PAUSED
            await campaigns.move(session, campaign, move, By(), reason="canary_failed")
            return Step(
                "wait", here["now"] + FAR, line="Paused: the canary failed", status="paused"
            )
        await session.execute(PASSED, {"id": id})
        await campaigns.note(session, id, "canary_passed", By())
        left = (await session.execute(OPEN, {**values, "last": LAST})).one()
    if not left.open:
        await campaigns.move(session, campaign, CampaignMove.COMPLETED, By())
        return Step("ended", status=CampaignStatus.COMPLETED)
    opens_at, closes_at = _window(campaign, here)
    if opens_at > here["now"]:
        line = f"The window is closed until {opens_at:%Y-%m-%d %H:%M} UTC; {left.open} to send"
        until = _look_at(campaign, here, opens_at)
        return Step("wait", until, line=line, status=running)
    if left.at > here["now"]:
        line = f"{left.open} wait until {left.at:%H:%M:%S} UTC"
        return Step("wait", left.at, line=line, status=running)
    shards = _shards(campaign, left.first, left.last, closes_at=closes_at)
    line = f"Sending: {left.open} of {campaign['people']} are open"
    return Step("deliver", here["now"] + AGAIN, shards, line, running)


async def _cancelled(session: Session, campaign: Row, now: datetime) -> Step:
    """What was under way when it was cancelled still ends, one way or the other."""
    whole = Shard(campaign["id"], campaign["application_id"], campaign["channel"], 0, LAST)
    await campaign_sweeps.sweep(session, whole)
    left = (await session.execute(OPEN, {"id": campaign["id"], "first": 0, "last": LAST})).one()
    if not left.open:
        return Step("ended", status=CampaignStatus.CANCELLED)
    until = min(max(left.at, now + timedelta(seconds=1)), now + AGAIN)
    line = f"Cancelled; {left.open} are still under way"
    if left.at <= now:
        return Step("deliver", until, _shards(campaign, left.first, left.last), line)
    return Step("wait", until, line=line)


async def _passes(session: Session, campaign: Row) -> bool:
    values = {"id": campaign["id"], "until": campaign["canary_until"]}
    counted = (await session.execute(FAILED, values)).one()
    most = float(campaign["canary"].get("most_failures_percent", 5))
    return bool(counted.failed * 100 <= most * max(counted.ended, 1))


def _window(campaign: Row, here: Mapping[str, Any]) -> tuple[datetime, datetime | None]:
    """From when it may be sent (now, its time, or when the window opens), and until when."""
    now: datetime = here["now"]
    at: datetime = max(campaign["send_at"] or now, now)
    if not campaign["off_hours"]:
        return at, None
    window = here["off_hours_from"], here["off_hours_to"], here["time_zone"]
    try:
        opens_at, closes_at = next_opening(at, *window)
    except ValueError:  # the window was changed since: an operator must open it again
        return now + FAR, None
    return max(opens_at, at), min(closes_at, now + WINDOW_KNOWN)


def _look_at(campaign: Row, here: Mapping[str, Any], opens_at: datetime) -> datetime:
    """When to look whether it may be sent: for a window earlier than it opens as far as known."""
    now: datetime = here["now"]
    if not campaign["off_hours"]:
        return opens_at
    return min(opens_at, max(campaign["send_at"] or now, now) + WINDOW_KNOWN)


def _shards(
    campaign: Row, first: int, last: int, closes_at: datetime | None = None
) -> tuple[Shard, ...]:
    """What is open, in ranges; the next ones follow when these have ended."""
    starts = range(first, min(last, first + AT_ONCE * SHARD - 1) + 1, SHARD)
    return tuple(
        Shard(
            owner_id=campaign["id"],
            application_id=campaign["application_id"],
            channel=campaign["channel"],
            first=start,
            last=min(last, start + SHARD - 1),
            closes_at=closes_at,
        )
        for start in starts
    )
