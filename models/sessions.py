"""Sessions: a connection of the pool for a while, as one transaction or statement by statement.

SQLAlchemy keeps the pool, the statements and the results; asyncpg itself executes, which takes
0.4 ms less than through SQLAlchemy's (docs/decisions/0011). No session is held during a vendor
call. Errors never carry values: those are addresses.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import PoolProxiedConnection, Result, TextClause
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.ext.asyncio import AsyncEngine

DIALECT = dialect()  # type: ignore[no-untyped-call]
NOTHING: Mapping[str, Any] = {}


class Session:
    """One connection. `info` is its user's own."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.info: dict[str, Any] = {}

    async def execute(
        self,
        statement: TextClause,
        values: Mapping[str, Any] = NOTHING,
        *,
        within: timedelta | None = None,
    ) -> Result[Any]:
        """Execute it once, prepared and planned on its first use by the connection.

        `within`: longer than the engine's patience, for what moves a whole campaign.

        KeyError: a value is missing. asyncpg's errors, without the values.
        """
        sql, names = _positional(statement)
        given = [values[name] for name in names]
        seconds = within.total_seconds() if within else None
        try:
            rows = await self._connection.fetch(sql, *given, timeout=seconds)
        except asyncpg.PostgresError as error:
            raise _without_values(error) from None
        columns = list(rows[0].keys()) if rows else [""]  # without rows nobody asks by name
        return IteratorResult(SimpleResultMetaData(columns), iter(rows))

    async def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Add many rows in one COPY, the values of each in the order of `columns`; JSON as text.

        asyncpg's errors, without the values.
        """
        try:
            await self._connection.copy_records_to_table(table, records=rows, columns=columns)
        except asyncpg.PostgresError as error:
            raise _without_values(error) from None


class Sessions:
    """Sessions over an engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Session]:
        """One transaction: committed at the end, rolled back on any error."""
        async with self._connection() as connection:
            await connection.execute("BEGIN")
            yield Session(connection)
            if (said := await connection.execute("COMMIT")) != "COMMIT":
                raise asyncpg.InFailedSQLTransactionError(f"COMMIT was answered {said}")

    @asynccontextmanager
    async def singly(self) -> AsyncIterator[Session]:
        """Every statement is its own transaction: one round trip instead of three."""
        async with self._connection() as connection:
            yield Session(connection)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        pooled, connection = await self._live()
        try:
            yield connection
        except BaseException as error:
            if not await _usable_after(error, connection):
                pooled.invalidate()
            raise
        finally:
            pooled.close()

    async def _live(self) -> tuple[PoolProxiedConnection, asyncpg.Connection]:
        """A connection that has not been closed while it lay in the pool."""
        while True:
            pooled = await self.engine.raw_connection()
            connection = pooled.driver_connection
            assert connection is not None  # noqa: S101 - just checked out
            if not connection.is_closed():
                return pooled, connection
            pooled.invalidate()


async def _usable_after(error: BaseException, connection: asyncpg.Connection) -> bool:
    """Rolled back, and ready for its next user? Of a cancelled one nobody knows."""
    if isinstance(error, TimeoutError) or not isinstance(error, Exception):
        return False
    try:
        if connection.is_in_transaction():
            await connection.execute("ROLLBACK")
    except Exception:  # noqa: BLE001 - the first error says more
        return False
    return not connection.is_closed()


@lru_cache(maxsize=1000)
def _positional(statement: TextClause) -> tuple[str, tuple[str, ...]]:
    """As PostgreSQL wants it: `$1` for the first name, and so on."""
    compiled = statement.compile(dialect=DIALECT)
    return str(compiled), tuple(compiled.positiontup or ())


def _without_values(error: asyncpg.PostgresError) -> asyncpg.PostgresError:
    """The error without the row or key it is about; asyncpg quotes a value of the wrong type."""
    error.detail = error.context = None  # the context of a COPY is a value of its row
    if error.sqlstate is None or isinstance(error, asyncpg.DataError):
        error.args = (f"{type(error).__name__}, {error.sqlstate}",)
    return error
