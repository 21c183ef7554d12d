"""Vendor accounts: how they are, in which order they are asked, and what operators do about it."""

from functools import partial
from uuid import UUID

from fastapi import Response

from api import vendor_settings, vendor_test_sends
from api.console import vendor_account_forms
from api.console.forms import Form, FormOnce, Revision
from api.console.routes import FRAGMENT, pages
from api.console.visits import Operator, Reader
from api.deps import Ring, Session, Starts, after_commit
from api.vendor_bodies import RESERVE, VendorTest
from models.repositories import profiles, vendor_accounts
from models.repositories import vendor_account_changes as changes

router = pages("/vendor-accounts")


@router.get("")
async def list_accounts(visit: Reader, session: Session) -> Response:
    """All, by channel, in the order in which they are asked."""
    items = await vendor_accounts.page(session, visit.application_id)
    return visit.render("vendor_accounts/list.html", items=items)


@router.get("/rows", tags=[FRAGMENT])
async def rows(visit: Reader, session: Session) -> Response:
    """Their states as they are now."""
    items = await vendor_accounts.page(session, visit.application_id)
    return visit.render("vendor_accounts/rows.html", items=items)


@router.get("/{account_id}")
async def account(visit: Reader, session: Session, ring: Ring, account_id: UUID) -> Response:
    """One: state, settings without secrets, what has gone wrong of late."""
    row = await vendor_accounts.get(session, visit.application_id, account_id)
    errors = await vendor_accounts.errors(session, account_id)
    config = vendor_settings.shown(row, ring)
    return visit.render("vendor_accounts/detail.html", row=row, errors=errors, config=config)


@router.post("/{account_id}/pause")
async def pause(visit: Operator, session: Session, account_id: UUID) -> Response:
    """Nothing more is claimed through it."""
    row = await vendor_accounts.lock(session, visit.application_id, account_id)
    await changes.pause(session, row, visit.actor)
    return visit.to(f"/vendor-accounts/{account_id}", visit.text("It is paused."))


@router.post("/{account_id}/resume")
async def resume(visit: Operator, session: Session, starts: Starts, account_id: UUID) -> Response:
    """It is asked again, and what waited for it is woken."""
    row = await vendor_accounts.lock(session, visit.application_id, account_id)
    await changes.resume(session, row, visit.actor)
    for workflow_id in await vendor_accounts.waiting(session, visit.application_id):
        after_commit(session, partial(starts.wake, workflow_id))
    return visit.to(f"/vendor-accounts/{account_id}", visit.text("It is asked again."))


@router.post("/{account_id}/up")
async def up(visit: Operator, session: Session, account_id: UUID) -> Response:
    """Before the one that is asked before it."""
    row = await vendor_accounts.lock(session, visit.application_id, account_id)
    items = await vendor_accounts.page(session, visit.application_id, channel=row["channel"])
    ids = [item["id"] for item in items]
    at = ids.index(account_id)
    ids.insert(max(0, at - 1), ids.pop(at))
    await changes.reorder(session, visit.application_id, row["channel"], ids, visit.actor)
    return visit.to("/vendor-accounts", visit.text("The order is changed."))


@router.post("/{account_id}/rate")
async def change_rate(visit: Operator, session: Session, account_id: UUID, form: Form) -> Response:
    """Empty: no limit."""
    revision = form.to(Revision).revision
    row = await vendor_accounts.lock(session, visit.application_id, account_id)
    profiles.check_revision(row, revision)
    rate = vendor_account_forms.rate(form)
    per_second, reserve = (rate.per_second, rate.reserve) if rate else (None, RESERVE)
    await changes.set_rate(session, row, per_second, reserve, visit.actor)
    return visit.to(f"/vendor-accounts/{account_id}", visit.text("The rate is changed."))


@router.post("/{account_id}/test")
async def send_test(
    visit: Operator, session: Session, starts: Starts, account_id: UUID, form: FormOnce
) -> Response:
    """One real message, through this account and no other."""
    row = await vendor_accounts.get(session, visit.application_id, account_id)
    body = form.to(VendorTest)
    start = await vendor_test_sends.sent(session, row, body.to, body.category, visit.actor)
    after_commit(session, partial(starts.offer, start))
    said = visit.text("The test is on its way: notification %(id)s.", id=start.owner_id)
    return visit.to(f"/vendor-accounts/{account_id}", said)


@router.post("/{account_id}/retire")
async def retire(visit: Operator, session: Session, account_id: UUID) -> Response:
    """Its settings are forgotten; what was sent still names it."""
    row = await vendor_accounts.lock(session, visit.application_id, account_id)
    await changes.retire(session, row, visit.actor)
    return visit.to("/vendor-accounts", visit.text("It is retired."))
