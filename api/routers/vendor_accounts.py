"""Vendor accounts: made, read, changed, ordered, paused, tested, retired."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api import vendor_account_writes, vendor_test_sends, vendor_views
from api.deps import Ring, Session, Starts, VendorReader, VendorWriter, actor_of, after_commit
from api.json_route import JsonRoute
from api.pages import Page
from api.vendor_bodies import VendorAccountCreate, VendorAccountPatch, VendorOrder, VendorTest
from api.vendor_views import VendorAccountPage, VendorAccountView, VendorTestView
from models.messages import Channel
from models.repositories import vendor_account_changes as changes
from models.repositories import vendor_accounts
from models.seal import Keyring

router = APIRouter(prefix="/v1/vendor-accounts", tags=["vendor accounts"], route_class=JsonRoute)
CONFLICT: dict[int | str, Any] = {409: {"description": "Not in the state it is in now."}}


@router.post("", status_code=201, responses=CONFLICT)
async def create_vendor_account(
    body: VendorAccountCreate, caller: VendorWriter, session: Session, ring: Ring
) -> VendorAccountView:
    """Make one. Its settings are checked as a worker would open them; secrets are sealed."""
    actor = actor_of(caller)
    id = await vendor_account_writes.make(session, caller.application_id, body, ring, actor)
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
    """Change name, settings, rank or rate; workers take them up within two seconds.

    Kept secrets do not go along to another host: who changes where calls go, or how they are
    guarded, gives them again.
    """
    row = await vendor_accounts.lock(session, caller.application_id, account_id)
    await vendor_account_writes.change(session, row, body, ring, actor_of(caller))
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
