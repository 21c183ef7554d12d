"""Attempts to prove who one is, slowed down once there were too many."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from uuid import UUID

from fastapi import Request

from api.console import devices
from api.console.texts import label
from api.console.visits import Visit
from models.errors import TooManyAttempts
from models.repositories import staff_attempts
from models.sessions import Session

HOST_BITS = 64
Begin = Callable[[], AbstractAsyncContextManager[Session]]


@asynccontextmanager
async def attempt(
    visit: Visit, request: Request, begin: Begin, email: str, id: UUID | None
) -> AsyncIterator[None]:
    """One attempt: counted before it is made, forgotten if it succeeds, TooManyAttempts."""
    now, (whose, where) = visit.console.clock(), _keys(visit, request, email, id)
    console = visit.console
    most = ({where: console.most_of_address} if where else {}) | {whose: console.most_of_account}
    await _count(begin, most, now)
    yield
    async with begin() as session:
        await staff_attempts.succeeded(session, whose, where, now)


async def departure(visit: Visit, request: Request, begin: Begin) -> None:
    """One log-in that goes by the company's; TooManyAttempts: each is kept for some minutes."""
    where = whereabouts(request.client.host if request.client else "")
    most = {f"departures {where}": visit.console.most_departures}
    await _count(begin, most, visit.console.clock())


async def _count(begin: Begin, most: Mapping[str, int], now: datetime) -> None:
    async with begin() as session:
        wait = await staff_attempts.count(session, most, now)
    if wait is not None:
        seconds = max(1, int(wait.total_seconds()) + 1)
        detail = label("wait some minutes, then try again")
        raise TooManyAttempts(detail, retry_after_seconds=seconds)


def _keys(visit: Visit, request: Request, email: str, id: UUID | None) -> tuple[str, str | None]:
    """A browser that is known has a count of its own: nobody else uses it up."""
    device = devices.known(request, visit.console, id) if id else None
    if device:
        return f"device {device}", None
    where = whereabouts(request.client.host if request.client else "")
    return f"account {email}", f"address {where}"


def whereabouts(address: str) -> str:
    """The address; of IPv6 the network, in which everybody has as many as they like."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv4Address):
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    return str(IPv6Address(int(ip) >> HOST_BITS << HOST_BITS))
