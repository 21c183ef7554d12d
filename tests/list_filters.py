"""Every filter of a list with a common and a rare value, every pair of them, and their plans."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import combinations, count
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Result, TextClause

from models.notification_filters import Filters
from models.sessions import Session, _positional
from models.status import Status
from tests.query_plans import nodes, rows_read

NUMBERS = count()
LONG_AGO, LATELY = timedelta(days=20), timedelta(hours=6)
VALUES: Mapping[str, tuple[Any, ...]] = {
    "category": ("category-0", "category-11", "category-7"),
    "priority": ("high", "low"),
    "channel": ("sms", "telegram"),
    "status": (
        *(Status.SENT, Status.FAILED, Status.SUPPRESSED),
        *(Status.SCHEDULED, Status.ACCEPTED, Status.PROCESSING),
    ),
    "profile": ("person-5", "person-100"),
    "group": ("few", "all", "many", "idle"),
    "since": (LATELY, LONG_AGO),
    "until": (LATELY, LONG_AGO),
    "metadata": ({"env": "prod"}, {"env": "test"}, {"order": "777"}),
}


def singles(now: datetime | None = None) -> list[Filters]:
    """Nothing, and each value of each filter."""
    return [Filters(), *(Filters(**_at(each, now)) for each in _each())]


def pairs(now: datetime | None = None) -> list[Filters]:
    """Each value of each filter with each of each other, and two entries of metadata."""
    two = [{**a, **b} for a, b in combinations(_each(), 2) if not a.keys() & b.keys()]
    two.append({"metadata": {"env": "prod", "order": "777"}})  # of which one is odd
    two.append({"metadata": {"env": "test", "order": "777"}})
    return [Filters(**_at(each, now)) for each in two]


def _each() -> Iterator[dict[str, Any]]:
    for name, values in VALUES.items():
        yield from ({name: value} for value in values)


def _at(filters: dict[str, Any], now: datetime | None) -> dict[str, Any]:
    moment = now or datetime.now(UTC)
    times = {n: moment - ago for n, ago in filters.items() if n in ("since", "until")}
    return {**filters, **times}


class Planning(Session):
    """Keeps the plan of each statement it executes, as the connection has planned it for good."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        super().__init__(connection)
        self.plans: list[dict[str, Any]] = []
        self._names: dict[str, str] = {}

    async def execute(
        self, statement: TextClause, values: Mapping[str, Any] = {}, **more: Any
    ) -> Result[Any]:
        sql, names = _positional(statement)
        if sql not in self._names:
            self._names[sql] = f"planned_{next(NUMBERS)}"
            await self._connection.execute(f"PREPARE {self._names[sql]} AS {sql}")
        given = ", ".join(_literal(values[name]) for name in names)
        explain = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON)"
        said = await self._connection.fetchval(f"{explain} EXECUTE {self._names[sql]}({given})")
        self.plans.append(said[0]["Plan"])
        return await super().execute(statement, values, **more)

    def read_whole(self) -> list[str]:
        """Tables that were read from one end to the other."""
        return [
            node["Relation Name"]
            for plan in self.plans
            for node in nodes(plan)
            if node["Node Type"] == "Seq Scan"
        ]

    def most_read(self) -> int:
        """By one node of one plan."""
        return max(rows_read(node) for plan in self.plans for node in nodes(plan))


def _literal(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case bool() | int():
            return str(value)
        case list():
            return "'{" + ",".join(str(each) for each in value) + "}'"
        case str() | UUID() | datetime():
            return f"'{value}'"
    raise TypeError(type(value))
