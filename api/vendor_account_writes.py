"""Vendor accounts as the API and the console write them: made, and given what was changed."""

from uuid import UUID

from api import vendor_settings
from api.vendor_bodies import RESERVE, VendorAccountCreate, VendorAccountPatch
from models.repositories import profiles, vendor_accounts
from models.repositories import vendor_account_changes as changes
from models.repositories.applications import NewAccount
from models.repositories.audit_log import Actor
from models.repositories.vendor_accounts import Row
from models.seal import Keyring
from models.sessions import Session


async def make(
    session: Session, application_id: UUID, body: VendorAccountCreate, ring: Keyring, actor: Actor
) -> UUID:
    """Make it; Invalid names the setting that a worker could not open it with."""
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
    return await changes.create(session, application_id, new, ring, actor)


async def change(
    session: Session, row: Row, body: VendorAccountPatch, ring: Keyring, actor: Actor
) -> None:
    """Give a locked one what the body names; the rest stays. Conflict: somebody was faster."""
    if body.revision is not None:
        profiles.check_revision(row, body.revision)
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
