"""Vendor accounts: made, read, changed, ordered, paused, tested, retired."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api import vendor_settings, vendor_test_sends, vendor_views
from api.deps import Ring, Session, Starts, VendorReader, VendorWriter, actor_of, after_commit
from api.json_route import JsonRoute
from api.pages import Page
from api.vendor_bodies import (
    RESERVE,
    VendorAccountCreate,
    VendorAccountPatch,
    VendorOrder,
    VendorTest,
)
from api.vendor_views import VendorAccountPage, VendorAccountView, VendorTestView
from models.messages import Channel
from models.repositories import vendor_account_changes as changes
from models.repositories import vendor_accounts
from models.repositories.applications import NewAccount
from models.seal import Keyring

router = APIRouter(prefix="/v1/vendor-accounts", tags=["vendor accounts"], route_class=JsonRoute)
CONFLICT: dict[int | str, Any] = {409: {"description": "Not in the state it is in now."}}


@router.post("", status_code=201, responses=CONFLICT)
async def create_vendor_account(
    body: VendorAccountCreate, caller: VendorWriter, session: Session, ring: Ring
) -> VendorAccountView:
    """Make one. Its settings are checked as a worker would open them; secrets are sealed."""
    channel = vendor_settings.channel_of(body.vendor)
    new = NewAccount(
        name=body.name,
        channel=channel.value,
        vendor=body.vendor,
        rank=body.rank,
        config=vendor_settings.checked(body.vendor, body.config),
        per_second=body.rate.per_second if body.rate else None,
        reserve=body.rate.reserve if body.rate else RESERVE,
    )
    id = await changes.create(session, caller.application_id, new, ring, actor_of(caller))
    return await _seen(session, caller.application_id, id, ring)


@router.get("")
async def list_vendor_accounts(
    caller: VendorReader,
    session: Session,
    page: Page,
    channel: Annotated[Channel | None, Query(description="of this channel alone")] = None,
) -> VendorAccountPage:
    """List them by channel, in the order in which they are asked."""
    rows = await vendor_accounts.page(
        session, caller.application_id, channel=channel, after=page.after, limit=page.fetch
    )
    items, following = page.cut(rows, vendor_accounts.position)
    return VendorAccountPage(items=[vendor_views.line(row) for row in items], next=following)


@router.put("/order")
async def order_vendor_accounts(
    body: VendorOrder, caller: VendorWriter, session: Session
) -> VendorAccountPage:
    """Say in which order a channel's accounts are asked: all of them, once each."""
    channel = body.channel.value
    await changes.reorder(session, caller.application_id, channel, body.accounts, actor_of(caller))
    rows = await vendor_accounts.page(session, caller.application_id, channel=channel)
    return VendorAccountPage(items=[vendor_views.line(row) for row in rows], next=None)


@router.get("/{account_id}")
async def get_vendor_account(
    account_id: UUID, caller: VendorReader, session: Session, ring: Ring
) -> VendorAccountView:
    """Read one: its state, its settings without secrets, what has gone wrong of late."""
    return await _seen(session, caller.application_id, account_id, ring)


@router.patch("/{account_id}", responses=CONFLICT)
async def change_vendor_account(
    account_id: UUID, body: VendorAccountPatch, caller: VendorWriter, session: Session, ring: Ring
) -> VendorAccountView:
    """Change name, settings, rank or rate; workers take them up within two seconds."""
    row = await vendor_accounts.lock(session, caller.application_id, account_id)
    actor = actor_of(caller)
    if body.config is not None:
        before = vendor_accounts.opened(row, ring)
        config = vendor_settings.changed(row["vendor"], before, body.config)
        await changes.reconfigure(session, row, config, ring, actor)
    if body.name is not None:
        await changes.rename(session, row, body.name, actor)
    if body.rank is not None:
        await changes.set_rank(session, row, body.rank, actor)
    if "rate" in body.model_fields_set:
        per_second = body.rate.per_second if body.rate else None
        reserve = body.rate.reserve if body.rate else RESERVE
        await changes.set_rate(session, row, per_second, reserve, actor)
    return await _seen(session, caller.application_id, account_id, ring)


@router.post("/{account_id}/pause")
async def pause_vendor_account(
    account_id: UUID, caller: VendorWriter, session: Session, ring: Ring
) -> VendorAccountView:
    """Nothing more is claimed through it, by campaigns under way neither; others take over."""
    row = await vendor_accounts.lock(session, caller.application_id, account_id)
    await changes.pause(session, row, actor_of(caller))
    return await _seen(session, caller.application_id, account_id, ring)


@router.post("/{account_id}/resume")
async def resume_vendor_account(
    account_id: UUID, caller: VendorWriter, session: Session, ring: Ring, starts: Starts
) -> VendorAccountView:
    """It is asked again; if its breaker had closed it, it opens. What waited for it is woken."""
    row = await vendor_accounts.lock(session, caller.application_id, account_id)
    await changes.resume(session, row, actor_of(caller))
    for workflow_id in await vendor_accounts.waiting(session, caller.application_id):
        after_commit(session, partial(starts.wake, workflow_id))
    return await _seen(session, caller.application_id, account_id, ring)


@router.post("/{account_id}/test-send", status_code=202, responses=CONFLICT)
async def test_vendor_account(
    account_id: UUID, body: VendorTest, caller: VendorWriter, session: Session, starts: Starts
) -> VendorTestView:
    """Send one real message through this account and no other, on the way that all take."""
    row = await vendor_accounts.get(session, caller.application_id, account_id)
    start = await vendor_test_sends.sent(session, row, body.to, body.category, actor_of(caller))
    after_commit(session, lambda: starts.offer(start))
    return VendorTestView(notification_id=start.owner_id)


@router.delete("/{account_id}", status_code=204, response_class=Response, responses=CONFLICT)
async def retire_vendor_account(account_id: UUID, caller: VendorWriter, session: Session) -> None:
    """Forget a paused account's settings. What was sent still names it; 409 while messages need it.

    It may be the last of its channel: then that channel's messages wait, until they expire.
    """
    row = await vendor_accounts.lock(session, caller.application_id, account_id)
    await changes.retire(session, row, actor_of(caller))


async def _seen(
    session: Session, application_id: UUID, id: UUID, ring: Keyring
) -> VendorAccountView:
    row = await vendor_accounts.get(session, application_id, id)
    return vendor_views.view(row, await vendor_accounts.errors(session, id), ring)
