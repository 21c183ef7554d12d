"""What moves a campaign on, by the staff: the same `Steering` as the API's."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from uuid_utils.compat import uuid7

from api import campaign_drafts, campaign_test_sends
from api.campaign_bodies import Rate, TestSend
from api.campaign_steering import Steering
from api.console.forms import Form, FormOnce, validated
from api.console.routes import pages
from api.console.visits import Author, Needs, StaffVisit, Steerer
from api.deps import Session, Starts, Versions, after_commit
from models.campaign import CampaignMove
from models.repositories import audit_log, campaigns
from models.roles import Permission

router = pages("/campaigns/{campaign_id}")


async def _steering(
    campaign_id: UUID,
    visit: Annotated[StaffVisit, Depends(Needs(Permission.READ))],
    session: Session,
    starts: Starts,
) -> Steering:
    return Steering(session, starts, visit.application_id, campaign_id, visit.by, via="console")


Hands = Annotated[Steering, Depends(_steering)]


@router.post("/submit")
async def submit(visit: Author, hands: Hands) -> Response:
    """The audience is counted, then somebody else approves."""
    await hands.submit()
    return await _done(visit, hands, "submit", visit.text("It is submitted."))


@router.post("/pause")
async def pause(visit: Steerer, hands: Hands) -> Response:
    """Nothing new is sent within two seconds."""
    await hands.move(CampaignMove.PAUSED)
    return await _done(visit, hands, "pause", visit.text("It is paused."))


@router.post("/resume")
async def resume(visit: Steerer, hands: Hands) -> Response:
    """Go on where it stopped."""
    await hands.move(CampaignMove.RESUMED)
    return await _done(visit, hands, "resume", visit.text("It goes on."))


@router.post("/cancel")
async def cancel(visit: Steerer, hands: Hands) -> Response:
    """Stop it for good."""
    found = await hands.cancel()
    said = visit.text(
        "It is cancelled: %(stopped)s stopped, %(gone)s had gone, %(doubt)s in doubt.",
        stopped=found.stopped,
        gone=found.handed_over,
        doubt=found.in_doubt,
    )
    return await _done(visit, hands, "cancel", said)


@router.post("/rate")
async def change_rate(visit: Steerer, hands: Hands, form: Form) -> Response:
    """Empty: as many as the account allows."""
    rate = validated(Rate, {"per_second": form.number("per_second")})
    await hands.change_rate(rate.per_second)
    return await _done(visit, hands, "rate", visit.text("The rate is changed."))


@router.post("/test")
async def send_test(visit: Author, hands: Hands, versions: Versions, form: FormOnce) -> Response:
    """To a few addresses, as notifications of their own."""
    body = validated(TestSend, {"to": form.wanted("to").replace(",", " ").split()})
    row, starts = await hands.read(), hands.starts
    sent = await campaign_test_sends.send(hands.session, row, body, versions, visit.by)
    after_commit(hands.session, lambda: starts.offer(sent.start))
    return await _done(visit, hands, "test", visit.text("The test is on its way."))


@router.post("/duplicate")
async def duplicate(visit: Author, hands: Hands, form: FormOnce) -> Response:
    """A new draft of the same."""
    row = await hands.read()
    return await _copied(visit, hands, campaign_drafts.copied(row, _copy_of(row["name"])))


@router.post("/retry-failed")
async def retry_failed(visit: Author, hands: Hands, form: FormOnce) -> Response:
    """A new draft to those that were refused or expired."""
    row = await hands.read()
    audience = await campaign_drafts.failed_of(hands.session, row, visit.by.owner)
    values = campaign_drafts.copied(row, _copy_of(row["name"]))
    return await _copied(visit, hands, values | {"audience": {"audience_id": str(audience)}})


@router.post("/archive")
async def archive(visit: Author, hands: Hands) -> Response:
    """Out of the lists."""
    locked = await campaigns.lock(hands.session, visit.application_id, hands.id)
    await campaigns.archive(hands.session, locked, visit.by)
    return await _done(visit, hands, "archive", visit.text("It is archived."))


async def _done(visit: StaffVisit, hands: Steering, verb: str, said: str) -> Response:
    entry = visit.entry(f"campaign.{verb}", "campaign", hands.id)
    await audit_log.append(hands.session, entry)
    return visit.to(f"/campaigns/{hands.id}", said)


async def _copied(visit: StaffVisit, hands: Steering, values: dict[str, object]) -> Response:
    id = uuid7()
    await campaigns.insert(hands.session, id, visit.application_id, values, visit.by)
    detail = {"copy_of": str(hands.id)}
    await audit_log.append(hands.session, visit.entry("campaign.create", "campaign", id, detail))
    return visit.to(f"/campaigns/{id}", visit.text("This is the new draft."))


def _copy_of(name: str) -> str:
    return f"{name[:190]} (copy)"
