"""Approvals, compared-and-set: of what was seen, in time, by somebody else, once.

A refusal is no error here: it is written down, and comes back as a word for the caller.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.campaign import CampaignMove, CampaignStatus, is_own, person
from models.errors import NotFound
from models.repositories import campaigns
from models.repositories.campaigns import By, Row
from models.sessions import Session

# What is decided on, as people read it.
SAW = """
    jsonb_build_object('channel', c.channel, 'category', cat.name, 'template', t.name,
        'version', v.number, 'content', COALESCE(c.content, v.content), 'data', c.data,
        'audience', c.audience, 'people', c.people, 'send_at', c.send_at,
        'off_hours', c.off_hours, 'expires_in', EXTRACT(epoch FROM c.expires_in),
        'canary', c.canary)
"""
SEEN = """
    campaign c JOIN category cat ON cat.id = c.category_id
    LEFT JOIN template_version v ON v.id = c.template_version_id
    LEFT JOIN template t ON t.id = v.template_id
"""
DECIDE = text(f"""
INSERT INTO campaign_approval (campaign_id, hash, approver, decision, reason, via, key_id, saw)
SELECT c.id, :hash, :approver, :decision, :reason, :via, :key_id, {SAW}
FROM {SEEN} WHERE c.id = :campaign_id
ON CONFLICT DO NOTHING RETURNING approver
""")  # noqa: S608 - our own constants
COMPARED = text(f"""
SELECT {SAW} AS now, last.saw AS before, last.approver, last.decision, last.at
FROM {SEEN} LEFT JOIN LATERAL (
    SELECT * FROM campaign_approval a WHERE a.campaign_id = c.id AND a.hash <> c.content_hash
    ORDER BY a.at DESC LIMIT 1) last ON true
WHERE c.id = :id AND c.application_id = :application_id
""")  # noqa: S608 - our own constants
WAITING = text("""
SELECT c.id, c.name, c.channel, c.people, c.authors, c.submitted_by, c.submitted_at, c.lapses_at,
       c.approvals_needed, (SELECT count(*) FROM campaign_approval a WHERE a.campaign_id = c.id
           AND a.hash = c.content_hash AND a.decision = 'approved') AS approvals
FROM campaign c
WHERE c.application_id = :application_id AND c.status = 'pending_approval'
  AND NOT EXISTS (SELECT FROM campaign_approval a WHERE a.campaign_id = c.id
                  AND a.hash = c.content_hash AND a.approver = :person)
ORDER BY c.lapses_at LIMIT 1000
""")
COUNT = text("""
SELECT count(*) FROM campaign_approval
WHERE campaign_id = :campaign_id AND hash = :hash AND decision = 'approved'
""")
NOW = text("SELECT clock_timestamp()")


@dataclass(frozen=True, slots=True)
class Decision:
    """What an approver says, of which hash, and how it reached us."""

    hash: str
    by: By
    via: str = "api"  # or "signal", "console"


@dataclass(frozen=True, slots=True)
class Answer:
    """`refused`: why it does not count, a stable word; empty: it counts."""

    refused: str = ""
    detail: str = ""
    moved: bool = False


async def approve(session: Session, campaign: Row, decision: Decision) -> Answer:
    """Approve a locked campaign; with the last approval it needs it is scheduled."""
    if (refused := await _refusal(session, campaign, decision)).refused:
        return refused
    if not await _written(session, campaign, decision, "approved", ""):
        return await _refused(session, campaign, decision, "already_decided", "you have decided")
    values = {"campaign_id": campaign["id"], "hash": decision.hash}
    given = int((await session.execute(COUNT, values)).scalar_one())
    needed = int(campaign["approvals_needed"] or 1)
    detail = {"hash": decision.hash, "via": decision.via, "given": given, "needed": needed}
    if given < needed:
        await campaigns.note(session, campaign["id"], "approval", decision.by, detail=detail)
        return Answer()
    await campaigns.move(session, campaign, CampaignMove.APPROVED, decision.by, detail=detail)
    return Answer(moved=True)


async def reject(session: Session, campaign: Row, decision: Decision, reason: str) -> Answer:
    """Reject a locked campaign, with the reason that its author reads."""
    if (refused := await _refusal(session, campaign, decision)).refused:
        return refused
    if not await _written(session, campaign, decision, "rejected", reason):
        return await _refused(session, campaign, decision, "already_decided", "you have decided")
    detail = {"hash": decision.hash, "via": decision.via, "reason": reason}
    move = CampaignMove.REJECTED
    await campaigns.move(session, campaign, move, decision.by, reason=reason, detail=detail)
    return Answer(moved=True)


async def waiting(session: Session, application_id: UUID, approver: str) -> list[Row]:
    """Those that this approver may decide on, and has not; what lapses first comes first."""
    values = {"application_id": application_id, "person": person(approver)}
    rows = (await session.execute(WAITING, values)).mappings()
    return [dict(row) for row in rows if not is_own(approver, row["authors"])]


async def compared(session: Session, application_id: UUID, id: UUID) -> Row:
    """What it says `now`, and what it said `before`, when it was last decided on, or None."""
    values = {"id": id, "application_id": application_id}
    row = (await session.execute(COMPARED, values)).mappings().one_or_none()
    if row is None:
        raise NotFound("no such campaign", field="campaign_id")
    return dict(row)


async def refuse(
    session: Session, campaign: Row, by: By, code: str, detail: str, via: str
) -> Answer:
    """Write down an approval that does not count."""
    what = {"via": via, "detail": detail}
    kind = "approval_refused"
    await campaigns.note(session, campaign["id"], kind, by, reason=code, detail=what)
    return Answer(code, detail)


async def may_decide(session: Session, campaign: Row, hash: str, by: By) -> Answer:
    """Would this approver's decision on this hash count now? Nothing is written."""
    status = CampaignStatus(campaign["status"])
    if is_own(by.owner, campaign["authors"]):
        words = (
            f"{by.owner} made, edited or submitted it, or its audience; somebody else must approve"
        )
        return Answer("own_campaign", words)
    if status is CampaignStatus.LAPSED:
        return Answer("lapsed", "the time for approval is over; submit it again")
    if status is not CampaignStatus.PENDING_APPROVAL:
        return Answer(f"is_{status}", f"the campaign is {status}")
    if hash != campaign["content_hash"]:
        return Answer("changed", "it has changed since: look at it again, and give its hash")
    now: datetime = (await session.execute(NOW)).scalar_one()
    if campaign["lapses_at"] and campaign["lapses_at"] <= now:
        return Answer("lapsed", "the time for approval is over; submit it again")
    return Answer()


async def _refusal(session: Session, campaign: Row, decision: Decision) -> Answer:
    answer = await may_decide(session, campaign, decision.hash, decision.by)
    if not answer.refused:
        return answer
    return await _refused(session, campaign, decision, answer.refused, answer.detail)


async def _refused(
    session: Session, campaign: Row, decision: Decision, code: str, detail: str
) -> Answer:
    return await refuse(session, campaign, decision.by, code, detail, decision.via)


async def _written(
    session: Session, campaign: Row, decision: Decision, what: str, reason: str
) -> bool:
    values: dict[str, Any] = {
        "campaign_id": campaign["id"],
        "hash": decision.hash,
        "approver": person(decision.by.owner),
        "decision": what,
        "reason": reason,
        "via": decision.via,
        "key_id": decision.by.key_id,
    }
    return bool((await session.execute(DECIDE, values)).all())
