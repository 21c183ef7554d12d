"""Suppressions: addresses that nothing is sent to; added and lifted by operators."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from api.address_search import forms_of
from api.console.forms import FormOnce
from api.console.routes import pages
from api.console.visits import Operator, Reader
from api.deps import Session
from api.fields import ONE_LINE
from api.pages import Page
from api.suppression_bodies import SuppressionCreate, SuppressionReason
from models.addresses import normalise
from models.messages import Channel
from models.repositories import suppressions
from models.repositories.suppressions import Search

router = pages("/suppressions")
Word = Annotated[str, Query(max_length=2000, pattern=ONE_LINE)]


@router.get("")
async def list_suppressions(
    visit: Reader,
    session: Session,
    page: Page,
    address: Word = "",
    channel: Word = "",
    reason: Word = "",
) -> Response:
    """Those that are looked for, the newest first."""
    addresses = forms_of(address) if address else None
    wanted = Search(channel or None, reason or None, addresses)
    rows = await suppressions.page(session, visit.application_id, wanted, page.after, page.fetch)
    items, following = page.cut(rows, suppressions.position)
    return visit.render(
        "suppressions/list.html",
        part="suppressions/rows.html",
        items=items,
        next=following,
        asked={"address": address, "channel": channel, "reason": reason},
        channels=list(Channel),
    )


@router.get("/new")
async def new(visit: Operator) -> Response:
    """The form."""
    reasons = list(SuppressionReason)
    return visit.render("suppressions/new.html", channels=list(Channel), reasons=reasons)


@router.post("")
async def add(visit: Operator, session: Session, form: FormOnce) -> Response:
    """Nothing is sent to this address from now on."""
    body = form.to(SuppressionCreate)
    address = normalise(body.channel, body.address, "address")
    more = {"reason": body.reason.value, "note": body.note}
    _, fresh = await suppressions.add(
        session, visit.application_id, body.channel.value, address, more, visit.actor
    )
    added = visit.text("Nothing is sent there any more.")
    return visit.to("/suppressions", added if fresh else visit.text("It was suppressed before."))


@router.post("/{suppression_id}/lift")
async def lift(visit: Operator, session: Session, suppression_id: UUID) -> Response:
    """What is decided from now on may be sent there."""
    await suppressions.lift(session, visit.application_id, suppression_id, visit.actor)
    return visit.to("/suppressions", visit.text("It is lifted: what is due may be sent there."))
