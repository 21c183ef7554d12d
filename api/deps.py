"""What a route may ask for. Routes name these types, never build them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api import metrics
from api.load import Load
from api.starter import Starter
from models import sessions
from models.errors import Forbidden, Invalid, Unauthorized, Unavailable
from models.repositories.api_keys import Caller as KeyOwner
from models.repositories.audit_log import Actor
from models.repositories.templates import VersionCache
from models.seal import Keyring
from models.sessions import Sessions

WAIT_SECONDS = 10
IDEMPOTENCY_KEY = "Idempotency-Key"

bearer = HTTPBearer(auto_error=False, description="An API key of the application.")


@asynccontextmanager
async def _turn(request: Request) -> AsyncIterator[None]:
    """A place at PostgreSQL, first come first served: the pool lets the newest pass the oldest."""
    places: asyncio.Semaphore = request.app.state.places
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await places.acquire()
    except TimeoutError:
        raise Unavailable(
            "too many requests at once; nothing was accepted or changed",
            retry_after_seconds=2,
            reason="busy",
        ) from None
    try:
        yield
    finally:
        places.release()


async def _session(request: Request) -> AsyncIterator[sessions.Session]:
    """One transaction a request: committed on success, rolled back on error."""
    async with _turn(request), request.app.state.sessions.begin() as session:
        request.state.session = session
        yield session
    await _committed(session)


async def _single(request: Request) -> AsyncIterator[sessions.Session]:
    """For a route that writes once: without a key to keep, that statement is its transaction."""
    ours: Sessions = request.app.state.sessions
    session_of = ours.begin if IDEMPOTENCY_KEY in request.headers else ours.singly
    async with _turn(request), session_of() as session:
        request.state.session = session
        yield session
    await _committed(session)


# scope="function": the transaction ends before the answer leaves. The default is after it, and
# a 202 whose COMMIT then fails would be a lie.
Session = Annotated[sessions.Session, Depends(_session, scope="function")]
SingleWrite = Annotated[sessions.Session, Depends(_single, scope="function")]


async def _reading(request: Request) -> AsyncIterator[sessions.Session]:
    async with request.app.state.reading.singly() as session:
        yield session


# For lists: connections of their own, on which each statement has one plan, through indexes alone.
Reading = Annotated[sessions.Session, Depends(_reading, scope="function")]


async def _begin(request: Request) -> Callable[[], AbstractAsyncContextManager[sessions.Session]]:
    """For a request that lasts: transactions as short as it makes them, each waits for its turn."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[sessions.Session]:
        async with _turn(request), request.app.state.sessions.begin() as session:
            yield session

    return begin


Begin = Annotated[Callable[[], AbstractAsyncContextManager[sessions.Session]], Depends(_begin)]


def after_commit(session: sessions.Session, call: Callable[[], None]) -> None:
    """Call it once the request's transaction is committed, before the answer leaves."""
    session.info.setdefault("after_commit", []).append(call)


async def _committed(session: sessions.Session) -> None:
    for call in session.info.get("after_commit", ()):
        call()
    for priority, count in session.info.get("accepted", {}).items():
        metrics.accepted(priority, count)
    await asyncio.sleep(0)  # a workflow's start leaves before the answer is written


async def caller_of(request: Request) -> KeyOwner:
    """Whose key the request carries; Unauthorized if nobody's. Asked once a request."""
    known: KeyOwner | None = getattr(request.state, "caller", None)
    if known is None:
        key: HTTPAuthorizationCredentials | None = await bearer(request)
        alone = len(request.headers.getlist("Authorization")) == 1  # of two, which one is meant?
        known = await request.app.state.keys.find(key.credentials) if key and alone else None
        if known is None:
            detail = "send a valid key as `Authorization: Bearer …`"
            raise Unauthorized(detail, field="Authorization")
        request.state.caller = known
        request.state.headers, problem = request.app.state.limits.take(known)
        if problem:
            raise problem
    return known


async def is_still_known(request: Request) -> bool:
    """For what lasts longer than a request: its key has not been revoked meanwhile."""
    key: HTTPAuthorizationCredentials | None = await bearer(request)
    return key is not None and await request.app.state.keys.find(key.credentials) is not None


def actor_of(caller: KeyOwner) -> Actor:
    """As the audit log names it."""
    return Actor("key", caller.key_id, caller.owner)


def _scoped(scope: str) -> Callable[..., Coroutine[Any, Any, KeyOwner]]:
    async def check(
        request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
    ) -> KeyOwner:
        caller = await caller_of(request)
        if scope not in caller.scopes:
            raise Forbidden(
                f"the key lacks the scope {scope}",
                field="Authorization",
                limit=scope,
                reason="missing_scope",
            )
        return caller

    return check


async def _refused_items(request: Request) -> dict[int, Invalid]:
    refused: dict[int, Invalid] = request.state.refused
    return refused


async def _starter(request: Request) -> Starter:
    starter: Starter = request.app.state.starter
    return starter


@dataclass(frozen=True, slots=True)
class Reception:
    """What accepting one takes, beside the database; asked for at once, for its route is hot."""

    load: Load
    starts: Starter
    versions: VersionCache


async def _reception(request: Request) -> Reception:
    state = request.app.state
    return Reception(state.load, state.starter, state.versions)


async def _versions(request: Request) -> VersionCache:
    versions: VersionCache = request.app.state.versions
    return versions


async def _usual(request: Request) -> float:
    usual: float = request.app.state.limits.usual
    return usual


async def _keyring(request: Request) -> Keyring:
    return Keyring(request.app.state.secret_keys)


Sender = Annotated[KeyOwner, Depends(_scoped("notifications:send"))]
Reader = Annotated[KeyOwner, Depends(_scoped("notifications:read"))]
Canceller = Annotated[KeyOwner, Depends(_scoped("notifications:cancel"))]
CampaignWriter = Annotated[KeyOwner, Depends(_scoped("campaigns:write"))]
CampaignReader = Annotated[KeyOwner, Depends(_scoped("campaigns:read"))]
Approver = Annotated[KeyOwner, Depends(_scoped("campaigns:approve"))]
TemplateReader = Annotated[KeyOwner, Depends(_scoped("templates:read"))]
TemplateWriter = Annotated[KeyOwner, Depends(_scoped("templates:write"))]
VendorReader = Annotated[KeyOwner, Depends(_scoped("vendors:read"))]
VendorWriter = Annotated[KeyOwner, Depends(_scoped("vendors:write"))]
KeyReader = Annotated[KeyOwner, Depends(_scoped("keys:read"))]
KeyWriter = Annotated[KeyOwner, Depends(_scoped("keys:write"))]
ApplicationReader = Annotated[KeyOwner, Depends(_scoped("applications:read"))]
ApplicationWriter = Annotated[KeyOwner, Depends(_scoped("applications:write"))]
AuditReader = Annotated[KeyOwner, Depends(_scoped("audit:read"))]
TemplatePublisher = Annotated[KeyOwner, Depends(_scoped("templates:publish"))]
ProfileReader = Annotated[KeyOwner, Depends(_scoped("profiles:read"))]
ProfileWriter = Annotated[KeyOwner, Depends(_scoped("profiles:write"))]
SuppressionReader = Annotated[KeyOwner, Depends(_scoped("suppressions:read"))]
SuppressionWriter = Annotated[KeyOwner, Depends(_scoped("suppressions:write"))]
Usual = Annotated[float, Depends(_usual)]
Ring = Annotated[Keyring, Depends(_keyring)]
RefusedItems = Annotated[dict[int, Invalid], Depends(_refused_items)]
Starts = Annotated[Starter, Depends(_starter)]
Receiving = Annotated[Reception, Depends(_reception)]
Versions = Annotated[VersionCache, Depends(_versions)]
