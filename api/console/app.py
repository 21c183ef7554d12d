"""The staff's pages under /console: an application of its own, whose errors are pages too.

docs/console.md says how a page is added.
"""

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from starlette.requests import Request

from api.console import (
    account,
    applications,
    assets,
    audit_log,
    campaign_approvals,
    campaign_audience,
    campaign_moves,
    campaigns,
    categories,
    errors,
    groups,
    home,
    keys,
    login,
    notifications,
    oidc,
    profile_bulk,
    profile_parts,
    profiles,
    staff,
    suppressions,
    template_editor,
    template_pages,
    vendor_account_settings,
    vendor_accounts,
)
from api.console.cookies import Cookies
from api.console.headers import Headers
from api.console.state import Console
from models.settings import Settings

# A module of pages is one file beside this one, and one word here.
PAGES = (
    login,
    oidc,
    home,
    notifications,
    account,
    staff,
    template_pages,
    template_editor,
    categories,
    campaigns,
    campaign_moves,
    campaign_approvals,
    campaign_audience,
    profile_bulk,  # before /{profile_id}
    profiles,
    profile_parts,
    groups,
    suppressions,
    vendor_account_settings,  # /new before /{account_id}
    vendor_accounts,
    keys,
    audit_log,
    applications,
)


def create(app: FastAPI, settings: Settings) -> FastAPI:
    """The pages, over the API's own state."""
    console = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=None
    )
    console.state = app.state
    app.state.console = Console(settings, Cookies(settings.console_url))
    errors.install(console)
    console.include_router(assets.router)
    for module in PAGES:
        console.include_router(module.router)
    return console


def install(app: FastAPI, settings: Settings) -> None:
    """Put them under /console of the API."""
    console = create(app, settings)
    secure = app.state.console.cookies.secure
    app.mount("/console", Headers(console, secure=secure), name="console")
    app.add_route("/console", _in, include_in_schema=False)


def _in(request: Request) -> RedirectResponse:
    return RedirectResponse("/console/", 308)
