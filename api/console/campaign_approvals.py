"""Approvals: what waits for me, what changed since somebody decided, and my decision.

The rules are those of models/repositories/campaign_approvals.py; a refusal is written down there.
"""

from uuid import UUID

from fastapi import Request, Response

from api import campaign_samples
from api.campaign_bodies import Approval, Rejection
from api.campaign_steering import Steering
from api.console.campaign_changes import NAMES, changes
from api.console.campaign_moves import Hands
from api.console.forms import Form
from api.console.problems import problem_page
from api.console.routes import pages
from api.console.visits import Approver, Reader, StaffVisit
from api.deps import Session, Versions
from models.campaign import is_own
from models.repositories import audit_log, campaign_approvals, campaigns
from models.repositories.campaign_approvals import Answer

router = pages()
PREVIEWED = 3


@router.get("/approvals")
async def waiting(visit: Approver, session: Session) -> Response:
    """What this member may decide on; what lapses first comes first."""
    items = await campaign_approvals.waiting(session, visit.application_id, visit.by.owner)
    return visit.render("campaigns/waiting.html", items=items)


@router.get("/campaigns/{campaign_id}/approval")
async def approval(
    visit: Reader, session: Session, versions: Versions, campaign_id: UUID
) -> Response:
    """What is decided on, as it would be sent, and what changed since the last decision."""
    row = await campaigns.get(session, visit.application_id, campaign_id)
    compared = await campaign_approvals.compared(session, visit.application_id, campaign_id)
    before = compared["before"]
    preview = await campaign_samples.preview(session, row, PREVIEWED, versions)
    return visit.render(
        "campaigns/approval.html",
        campaign=row,
        compared=compared,
        changes=changes(before, compared["now"]) if before else [],
        names=NAMES,
        preview=preview.items,
        own=is_own(visit.by.owner, row["authors"]),
    )


@router.post("/campaigns/{campaign_id}/approve")
async def approve(visit: Approver, hands: Hands, form: Form) -> Response:
    """Of the hash that was shown."""
    answer = await hands.approve(form.to(Approval).hash)
    return await _decided(visit, hands, answer, "approve", visit.text("You have approved it."))


@router.post("/campaigns/{campaign_id}/reject")
async def reject(visit: Approver, hands: Hands, form: Form) -> Response:
    """With the reason that its author reads."""
    body = form.to(Rejection)
    answer = await hands.reject(body.hash, body.reason)
    return await _decided(visit, hands, answer, "reject", visit.text("You have rejected it."))


@router.post("/campaigns/{campaign_id}/approval-code")
async def code(visit: Approver, hands: Hands, request: Request, form: Form) -> Response:
    """For a signal from the Temporal UI or its command; shown once."""
    keys: str = request.app.state.secret_keys
    answer, found = await hands.approval_code(form.to(Approval).hash, keys)
    if answer.refused:
        return await _decided(visit, hands, answer, "approval_code", "")
    entry = visit.entry("campaign.approval_code", "campaign", hands.id)
    await audit_log.append(hands.session, entry)
    return visit.instead("campaigns/code.html", "campaigns/code_part.html", code=found, id=hands.id)


async def _decided(
    visit: StaffVisit, hands: Steering, answer: Answer, verb: str, said: str
) -> Response:
    detail = {"refused": answer.refused} if answer.refused else {}
    entry = visit.entry(f"campaign.{verb}", "campaign", hands.id, detail)
    await audit_log.append(hands.session, entry)
    if answer.refused:
        status = 403 if answer.refused == "own_campaign" else 409
        problem = {"status": status, "detail": answer.detail, "code": answer.refused}
        return problem_page(visit, problem)
    return visit.to(f"/campaigns/{hands.id}", said)
