"""What moves a campaign on: submit, approve, pause, cancel. PostgreSQL decides; then a wake.

An approval that does not count is committed as a line of the account, and answered as a problem.
"""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from api import errors
from api.campaign_bodies import Approval, Rate, Rejection
from api.campaign_steering import Steering
from api.campaign_views import CampaignView, CancelView, CodeView, campaign_view
from api.deps import Approver, CampaignWriter, Session, Starts, actor_of
from api.json_route import JsonRoute
from models.campaign import CampaignMove, CampaignStatus
from models.repositories import audit_log
from models.repositories.api_keys import Caller
from models.repositories.audit_log import Entry
from models.repositories.campaign_approvals import Answer
from models.repositories.campaigns import By

router = APIRouter(
    prefix="/v1/campaigns/{campaign_id}",
    tags=["campaigns"],
    route_class=JsonRoute,
    responses={409: {"description": "It has no such move now."}},
)

FORBIDDEN = ("own_campaign",)
# What is at fault; of the others it is the status.
FIELDS = {
    "own_campaign": "authors",
    "changed": "hash",
    "lapsed": "lapses_at",
    "already_decided": "approvals",
}


@router.post("/submit", status_code=202)
async def submit_campaign(
    campaign_id: UUID, caller: CampaignWriter, session: Session, starts: Starts
) -> CampaignView:
    """Count the audience, check the rules, and wait for approval."""
    steering = _steering(campaign_id, caller, session, starts)
    row = await steering.submit()
    await _noted(caller, steering, "submit")
    return campaign_view(row)


@router.post("/approve", response_model=CampaignView)
async def approve_campaign(
    campaign_id: UUID, body: Approval, caller: Approver, session: Session, starts: Starts
) -> CampaignView | Response:
    """Approve what you have seen. Nobody approves what they have a hand in."""
    steering = _steering(campaign_id, caller, session, starts)
    answer = await steering.approve(body.hash)
    await _noted(caller, steering, "approve", answer)
    return _problem(answer) if answer.refused else campaign_view(await steering.read())


@router.post("/reject", response_model=CampaignView)
async def reject_campaign(
    campaign_id: UUID, body: Rejection, caller: Approver, session: Session, starts: Starts
) -> CampaignView | Response:
    """Reject it with a reason; it can be edited and submitted again."""
    steering = _steering(campaign_id, caller, session, starts)
    answer = await steering.reject(body.hash, body.reason)
    await _noted(caller, steering, "reject", answer)
    return _problem(answer) if answer.refused else campaign_view(await steering.read())


@router.post("/approval-code", response_model=CodeView)
async def approval_code_of(
    campaign_id: UUID,
    body: Approval,
    caller: Approver,
    session: Session,
    starts: Starts,
    request: Request,
) -> CodeView | Response:
    """A one-time code for a signal from the Temporal UI or CLI, for this approver and hash."""
    keys: str = request.app.state.secret_keys
    steering = _steering(campaign_id, caller, session, starts)
    answer, code = await steering.approval_code(body.hash, keys)
    await _noted(caller, steering, "approval_code", answer)
    if answer.refused:
        return _problem(answer)
    return CodeView(
        approver=caller.owner,
        hash=body.hash,
        code=code,
        workflow_id=f"campaign/{campaign_id}",
        lapses_at=(await steering.read())["lapses_at"],
    )


@router.post("/pause")
async def pause_campaign(
    campaign_id: UUID, caller: CampaignWriter, session: Session, starts: Starts
) -> CampaignView:
    """Nothing new is sent within two seconds."""
    steering = _steering(campaign_id, caller, session, starts)
    await steering.move(CampaignMove.PAUSED)
    await _noted(caller, steering, "pause")
    return campaign_view(await steering.read())


@router.post("/resume")
async def resume_campaign(
    campaign_id: UUID, caller: CampaignWriter, session: Session, starts: Starts
) -> CampaignView:
    """Go on where it stopped."""
    steering = _steering(campaign_id, caller, session, starts)
    await steering.move(CampaignMove.RESUMED)
    await _noted(caller, steering, "resume")
    return campaign_view(await steering.read())


@router.post("/rate")
async def change_rate(
    campaign_id: UUID, body: Rate, caller: CampaignWriter, session: Session, starts: Starts
) -> CampaignView:
    """Change how many are sent a second; null: as many as the account allows."""
    steering = _steering(campaign_id, caller, session, starts)
    await steering.change_rate(body.per_second)
    await _noted(caller, steering, "rate")
    return campaign_view(await steering.read())


@router.post("/cancel")
async def cancel_campaign(
    campaign_id: UUID, caller: CampaignWriter, session: Session, starts: Starts
) -> CancelView:
    """Stop it for good: how many were stopped, how many had gone, how many are in doubt.

    Again is the same: what was in doubt may have gone, or been stopped, since.
    """
    steering = _steering(campaign_id, caller, session, starts)
    found = await steering.cancel()
    await _noted(caller, steering, "cancel")
    return CancelView(
        status=CampaignStatus.CANCELLED,
        stopped=found.stopped,
        handed_over=found.handed_over,
        in_doubt=found.in_doubt,
    )


def _steering(campaign_id: UUID, caller: Caller, session: Session, starts: Starts) -> Steering:
    return Steering(session, starts, caller.application_id, campaign_id, _by(caller))


async def _noted(
    caller: Caller, steering: Steering, verb: str, answer: Answer | None = None
) -> None:
    """In the audit log; what did not count too. Last, since it holds up who else writes there."""
    detail = {"refused": answer.refused} if answer and answer.refused else {}
    id, application_id = str(steering.id), steering.application_id
    entry = Entry(actor_of(caller), f"campaign.{verb}", "campaign", id, application_id, detail)
    await audit_log.append(steering.session, entry)


def _problem(answer: Answer) -> Response:
    status = 403 if answer.refused in FORBIDDEN else 409
    field = FIELDS.get(answer.refused, "status")
    return errors.problem(status, answer.refused, answer.detail, field=field)


def _by(caller: Caller) -> By:
    return By(caller.owner, caller.key_id)
