"""The one way to PostgreSQL: an engine a process; `sessions.py` is what is done with it."""

import asyncpg
import orjson
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

# PostgreSQL stopped, starting, out of connections, failing over (25006: now a standby), or busy
# with somebody who waits for us (40, 55P03, 57014): ask again.
AWAY = ("08", "57P", "53", "25006", "40", "55P03", "57014")


def driver_url(url: str) -> URL:
    """The URL with our driver in it: `postgresql://…` becomes `postgresql+asyncpg://…`."""
    return make_url(url).set(drivername="postgresql+asyncpg")


def engine(
    url: str,
    *,
    pool: int = 8,
    name: str = "tidings",
    planned_once: bool = False,
    in_order: bool = False,
    patience_seconds: float = 15,
) -> AsyncEngine:
    """A lazy pool of at most `pool` connections; nothing is connected yet.

    `patience_seconds`: how long one statement may take.
    `planned_once`: for workers and relays, whose statements are few and go through an index each.
    With statistics that lag behind, or planned while a table was all but empty, they would read
    the whole of it for every window.
    `in_order`: for those of them that take the first few of a long range. A bitmap's rows have no
    order: all of the range would be read and sorted for every few.
    """
    once = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
    plans = (once if planned_once else {}) | ({"enable_bitmapscan": "off"} if in_order else {})
    return create_async_engine(
        driver_url(url),
        pool_size=pool,
        max_overflow=0,
        pool_timeout=5,
        # The connection used last: its statements are prepared and planned, and idle ones may go.
        pool_use_lifo=True,
        pool_recycle=1800,
        hide_parameters=True,
        json_deserializer=orjson.loads,
        connect_args={
            "timeout": 5,
            "command_timeout": patience_seconds,
            "server_settings": {"application_name": name, "jit": "off", "timezone": "UTC"} | plans,
        },
    )


def is_away(error: BaseException) -> bool:
    """Is PostgreSQL away (stopped, starting, frozen, full), as against: our statement is wrong?"""
    if isinstance(error, (OSError, PoolTimeout, TimeoutError, InterfaceError, OperationalError)):
        return True
    if isinstance(error, (asyncpg.InterfaceError, asyncpg.PostgresConnectionError)):
        return True
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return error.connection_invalidated or state.startswith(AWAY)
    return isinstance(error, asyncpg.PostgresError) and (error.sqlstate or "").startswith(AWAY)
