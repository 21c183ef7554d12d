"""What moves a campaign on: submit, approve, pause, cancel. PostgreSQL decides; then a wake.

An approval that does not count is committed as a line of the account, and answered as a problem.
"""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from api import errors
from api.campaign_bodies import Approval, Rate, Rejection
from api.campaign_views import CampaignView, CancelView, CodeView, campaign_view
from api.deps import Approver, CampaignWriter, Session, Starts, after_commit
from api.json_route import JsonRoute
from models import approval_code
from models.campaign import CampaignMove, CampaignStatus
from models.repositories import campaign_approvals, campaign_books, campaigns
from models.repositories.api_keys import Caller
from models.repositories.campaign_approvals import Answer, Decision
from models.repositories.campaigns import By
from models.workflow_start import WorkflowStart

router = APIRouter(
    prefix="/v1/campaigns/{campaign_id}",
    tags=["campaigns"],
    route_class=JsonRoute,
    responses={409: {"description": "It has no such move now."}},
)

FORBIDDEN = ("own_campaign",)


@router.post("/submit", status_code=202)
async def submit_campaign(
    campaign_id: UUID, caller: CampaignWriter, session: Session, starts: Starts
) -> CampaignView:
    """Count the audience, check the rules, and wait for approval."""
    locked = await campaigns.lock(session, caller.application_id, campaign_id)
    await campaigns.move(session, locked, CampaignMove.SUBMITTED, _by(caller))
    await campaigns.wants_workflow(session, campaign_id)
    row = await campaigns.get(session, caller.application_id, campaign_id)
    start = WorkflowStart(
        owner_id=campaign_id,
        application_id=caller.application_id,
        priority="low",
        due_at=row["submitted_at"],
        kind="campaign",
        category=str(row["category_id"]),
        channels=(row["channel"],),
    )
    after_commit(session, lambda: starts.offer(start))
    return campaign_view(row)


@router.post("/approve", response_model=CampaignView)
async def approve_campaign(
    campaign_id: UUID, body: Approval, caller: Approver, session: Session, starts: Starts
) -> CampaignView | Response:
    """Approve what you have seen. Nobody approves what they have made, edited or submitted."""
    locked = await campaigns.lock(session, caller.application_id, campaign_id)
    decision = Decision(body.hash, _by(caller))
    answer = await campaign_approvals.approve(session, locked, decision)
    if answer.refused:
        return _problem(answer)
    after_commit(session, lambda: starts.wake(f"campaign/{campaign_id}"))
    return campaign_view(await campaigns.get(session, caller.application_id, campaign_id))


@router.post("/reject", response_model=CampaignView)
async def reject_campaign(
    campaign_id: UUID, body: Rejection, caller: Approver, session: Session, starts: Starts
) -> CampaignView | Response:
    """Reject it with a reason; it can be edited and submitted again."""
    locked = await campaigns.lock(session, caller.application_id, campaign_id)
    decision = Decision(body.hash, _by(caller))
    answer = await campaign_approvals.reject(session, locked, decision, body.reason)
    if answer.refused:
        return _problem(answer)
    after_commit(session, lambda: starts.wake(f"campaign/{campaign_id}"))
    return campaign_view(await campaigns.get(session, caller.application_id, campaign_id))


@router.post("/approval-code", response_model=CodeView)
async def approval_code_of(
    campaign_id: UUID, body: Approval, caller: Approver, session: Session, request: Request
) -> CodeView | Response:
    """A one-time code for a signal from the Temporal UI or CLI, for this approver and hash."""
    locked = await campaigns.lock(session, caller.application_id, campaign_id)
    by = _by(caller)
    answer = await campaign_approvals.may_decide(session, locked, body.hash, by)
    if answer.refused:
        await campaign_approvals.refuse(session, locked, by, answer.refused, answer.detail, "code")
        return _problem(answer)
    await campaigns.note(session, campaign_id, "approval_code_given", by)
    keys: str = request.app.state.secret_keys
    return CodeView(
        approver=caller.owner,
        hash=body.hash,
        code=approval_code.code(keys, campaign_id, body.hash, caller.owner),
        workflow_id=f"campaign/{campaign_id}",
        lapses_at=locked["lapses_at"],
    )


@router.post("/pause")
async def pause_campaign(
    campaign_id: UUID, caller: CampaignWriter, session: Session, starts: Starts
) -> CampaignView:
    """Nothing new is sent within two seconds."""
    return await _moved(campaign_id, CampaignMove.PAUSED, caller, session, starts)


@router.post("/resume")
async def resume_campaign(
    campaign_id: UUID, caller: CampaignWriter, session: Session, starts: Starts
) -> CampaignView:
    """Go on where it stopped."""
    return await _moved(campaign_id, CampaignMove.RESUMED, caller, session, starts)


@router.post("/rate")
async def change_rate(
    campaign_id: UUID, body: Rate, caller: CampaignWriter, session: Session, starts: Starts
) -> CampaignView:
    """Change how many are sent a second; null: as many as the account allows."""
    locked = await campaigns.lock(session, caller.application_id, campaign_id)
    await campaigns.edit(session, locked, {"per_second": body.per_second}, _by(caller))
    after_commit(session, lambda: starts.wake(f"campaign/{campaign_id}"))
    return campaign_view(await campaigns.get(session, caller.application_id, campaign_id))


@router.post("/cancel")
async def cancel_campaign(
    campaign_id: UUID, caller: CampaignWriter, session: Session, starts: Starts
) -> CancelView:
    """Stop it for good: how many were stopped, how many had gone, how many are in doubt."""
    locked = await campaigns.lock(session, caller.application_id, campaign_id)
    await campaigns.move(session, locked, CampaignMove.CANCELLED, _by(caller))
    found = await campaign_books.stop(session, campaign_id)
    after_commit(session, lambda: starts.wake(f"campaign/{campaign_id}"))
    return CancelView(
        status=CampaignStatus.CANCELLED,
        stopped=found.stopped,
        handed_over=found.handed_over,
        in_doubt=found.in_doubt,
    )


async def _moved(
    campaign_id: UUID, move: CampaignMove, caller: Caller, session: Session, starts: Starts
) -> CampaignView:
    locked = await campaigns.lock(session, caller.application_id, campaign_id)
    await campaigns.move(session, locked, move, _by(caller))
    after_commit(session, lambda: starts.wake(f"campaign/{campaign_id}"))
    return campaign_view(await campaigns.get(session, caller.application_id, campaign_id))


def _problem(answer: Answer) -> Response:
    status = 403 if answer.refused in FORBIDDEN else 409
    return errors.problem(status, answer.refused, answer.detail)


def _by(caller: Caller) -> By:
    return By(caller.owner, caller.key_id)
