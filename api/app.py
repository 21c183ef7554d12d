"""The API, put together. Temporal is connected lazily: what is accepted never waits for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi_swagger import patch_fastapi
from starlette.routing import Route
from temporalio.client import Client

from api import errors, openapi, streams
from api.answers import Answers
from api.console import app as console
from api.key_cache import KeyCache
from api.limits import Limits
from api.load import Load
from api.readiness import Readiness
from api.routers import (
    applications,
    audiences,
    audit_log,
    batches,
    campaign_moves,
    campaign_progress,
    campaigns,
    categories,
    group_members,
    groups,
    health,
    keys,
    notification_edits,
    notification_events,
    notifications,
    profile_contacts,
    profiles,
    suppressions,
    template_publishing,
    templates,
    vendor_accounts,
)
from api.starter import Starter
from models import database
from models.repositories.templates import VersionCache
from models.sessions import Sessions
from models.settings import Settings

PATIENCE_SECONDS = 8  # a caller waits
SPARE_CONNECTIONS = 2
LISTS_AT_ONCE = 3
DESCRIPTION = "One API for every notification: accepted means delivered or explained."


def create(settings: Settings, temporal: Client) -> FastAPI:
    """The application; `temporal` is a lazy client."""
    engine = database.engine(
        settings.database_url.get_secret_value(),
        pool=settings.database_pool,
        name="tidings api",
        patience_seconds=PATIENCE_SECONDS,
    )
    sessions = Sessions(engine)
    lists = database.engine(
        settings.database_url.get_secret_value(),
        pool=LISTS_AT_ONCE,
        name="tidings api lists",
        planned_once=True,
        patience_seconds=PATIENCE_SECONDS,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await app.state.starter.close()
        await app.state.keys.close()
        await engine.dispose()
        await lists.dispose()

    app = FastAPI(
        title="Tidings",
        version="1",
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,  # a path that does not exist is a problem, not another address
    )
    app.state.sessions = sessions
    app.state.reading = Sessions(lists)
    # The others are for keys, counts and starts, which never wait behind requests.
    app.state.places = asyncio.Semaphore(max(1, settings.database_pool - SPARE_CONNECTIONS))
    app.state.streams = streams.places()
    app.state.readiness = Readiness(sessions)
    app.state.keys = KeyCache(sessions)
    app.state.limits = Limits(settings.key_requests_per_second)
    app.state.starter = Starter(temporal, sessions)
    app.state.secret_keys = settings.secret_keys.get_secret_value()
    app.state.load = Load(sessions, settings.share_above)
    app.state.versions = VersionCache()
    errors.install(app)
    app.add_middleware(Answers)
    openapi.install(app)
    patch_fastapi(app, redirect_from_root_to_docs=False, title="Tidings API")
    modules = (
        audiences,
        batches,
        notifications,
        notification_edits,
        notification_events,
        campaigns,
        campaign_moves,
        campaign_progress,
        categories,
        templates,
        template_publishing,
        vendor_accounts,
        keys,
        applications,
        audit_log,
        profiles,
        profile_contacts,
        groups,
        group_members,
        suppressions,
        health,
    )
    for module in modules:
        app.include_router(module.router)
    paths = [route.path for m in modules for route in m.router.routes if isinstance(route, Route)]
    app.state.paths_without_names = frozenset(path for path in paths if "{" not in path)
    console.install(app, settings)
    return app
