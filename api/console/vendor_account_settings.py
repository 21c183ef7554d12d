"""Vendor accounts made, and given other settings. Secrets are written here and never shown."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Response

from api import vendor_account_writes, vendor_settings
from api.console import vendor_account_forms
from api.console.forms import Form, FormOnce, Revision
from api.console.routes import pages
from api.console.visits import Operator
from api.deps import Ring, Session
from api.fields import ONE_LINE
from models.repositories import profiles, vendor_accounts

router = pages("/vendor-accounts")
Vendor = Annotated[str, Path(max_length=40, pattern=ONE_LINE)]


@router.get("/new")
async def choose(visit: Operator) -> Response:
    """At which vendor?"""
    return visit.render("vendor_accounts/choose.html", vendors=vendor_settings.vendors())


@router.get("/new/{vendor}")
async def new(visit: Operator, vendor: Vendor) -> Response:
    """The form, with what this vendor asks for."""
    channel = vendor_settings.channel_of(vendor)
    settings = vendor_settings.settings_of(vendor)
    return visit.render(
        "vendor_accounts/new.html", vendor=vendor, channel=channel, settings=settings
    )


@router.post("")
async def create(visit: Operator, session: Session, ring: Ring, form: FormOnce) -> Response:
    """Make one, which is asked from now on."""
    body = vendor_account_forms.created(form)
    id = await vendor_account_writes.make(session, visit.application_id, body, ring, visit.actor)
    said = visit.text("It is made. Send a test through it before others need it.")
    return visit.to(f"/vendor-accounts/{id}", said)


@router.get("/{account_id}/settings")
async def edit(visit: Operator, session: Session, ring: Ring, account_id: UUID) -> Response:
    """Its settings as they are, but for secrets."""
    row = await vendor_accounts.get(session, visit.application_id, account_id)
    settings = vendor_settings.settings_of(row["vendor"])
    given = vendor_accounts.opened(row, ring)
    secrets = {one.name for one in settings if one.kind == "secret"}
    return visit.render(
        "vendor_accounts/settings.html",
        row=row,
        settings=settings,
        shown={name: value for name, value in given.items() if name not in secrets},
        kept=secrets & given.keys(),
    )


@router.post("/{account_id}/settings")
async def change(
    visit: Operator, session: Session, ring: Ring, account_id: UUID, form: Form
) -> Response:
    """Workers take it up within two seconds."""
    revision = form.to(Revision).revision
    row = await vendor_accounts.lock(session, visit.application_id, account_id)
    profiles.check_revision(row, revision)
    body = vendor_account_forms.changed(form, row["vendor"], vendor_accounts.opened(row, ring))
    await vendor_account_writes.change(session, row, body, ring, visit.actor)
    return visit.to(f"/vendor-accounts/{account_id}", visit.text("It is saved."))
