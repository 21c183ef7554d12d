"""What a list finds, held against every row; and that it reads no more than it may."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from list_filters import Planning, pairs, singles
from listed_rows import Listed, fill

from models import database
from models.notification_filters import Filters
from models.repositories import notification_search
from models.repositories.notification_search import search
from models.sessions import Session
from models.status import Status

ROWS = 20_000
ENOUGH, PAGES = 25, 3
NOW = datetime.now(UTC)
EVERYTHING = """
SELECT n.id, n.application_id, c.name AS category, n.priority, n.channels, n.profile_id, n.metadata,
    n.created_at, n.ended_at, n.due_at, p.external_id, m.phase, m.result,
    ARRAY(SELECT g.name FROM group_member m JOIN profile_group g ON g.id = m.group_id
          WHERE m.profile_id = n.profile_id) AS groups
FROM notification n JOIN category c ON c.id = n.category_id
LEFT JOIN profile p ON p.id = n.profile_id LEFT JOIN message m ON m.notification_id = n.id
ORDER BY n.id DESC
"""


@dataclass(frozen=True, eq=False)
class Rows:
    """All rows, newest first, and a connection as the lists have it."""

    of: Listed
    rows: list[dict[str, Any]]
    session: Session
    connection: asyncpg.Connection

    def expected(self, filters: Filters) -> list[UUID]:
        """All that each filter by itself lets through."""
        alone = [self._let_through(name, value) for name, value in _parts(filters)]
        own = self._let_through("application_id", self.of.application_id)
        return sorted(own.intersection(*alone), reverse=True)

    @cache  # noqa: B019 - as long as the module's tests
    def _let_through(self, name: str, value: Any) -> frozenset[UUID]:
        return frozenset(row["id"] for row in self.rows if lets_through(row, name, value))

    async def found(self, filters: Filters, limit: int = 20) -> tuple[list[UUID], bool]:
        """The first ids, and whether that is all."""
        ids: list[UUID] = []
        after = None
        for _ in range(PAGES):
            page = await search(self.session, self.of.application_id, filters, after, limit)
            ids += [row["id"] for row in page.rows]
            after = page.after
            if after is None or len(ids) >= ENOUGH:
                break
        return ids, after is None


def _parts(filters: Filters) -> Iterator[tuple[str, Any]]:
    for name, value in dict(asdict(filters)).items():
        if name == "metadata":
            yield from ((name, entry) for entry in value.items())
        elif value is not None:
            yield name, value


def lets_through(row: dict[str, Any], name: str, value: Any) -> bool:
    match name:
        case "channel" | "group":
            return value in row[f"{name}s"]
        case "since":
            return bool(row["created_at"] >= value)
        case "until":
            return bool(row["created_at"] < value)
        case "metadata":
            return bool(row["metadata"].get(value[0]) == value[1])
        case "status":
            return status_of(row) is value
    return bool(row["external_id" if name == "profile" else name] == value)


def status_of(row: dict[str, Any]) -> Status:
    if row["phase"] is None:
        return Status.SCHEDULED if row["due_at"] > NOW else Status.ACCEPTED
    if row["phase"] != "ended":
        return Status.PROCESSING
    return Status.FAILED if row["result"] == "refused" else Status(row["result"])


@pytest.fixture(scope="module")
async def made(database_url: str) -> AsyncIterator[Rows]:
    listed = await fill(database_url, ROWS)
    engine = database.engine(database_url, planned_once=True)
    async with engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        rows = [dict(row) for row in await raw.fetch(EVERYTHING)]
        yield Rows(listed, rows, Session(raw), raw)
    await engine.dispose()


@pytest.mark.parametrize("which", [singles, pairs])
async def test_it_finds_what_all_filters_let_through_newest_first(made: Rows, which: Any) -> None:
    for filters in which(NOW):
        ids, whole = await made.found(filters)
        expected = made.expected(filters)
        assert ids == (expected if whole else expected[: len(ids)]), filters


@pytest.mark.parametrize("which", [singles, pairs])
async def test_no_table_is_read_whole_nor_more_than_a_bounded_part(made: Rows, which: Any) -> None:
    session = Planning(made.connection)
    for filters in which(NOW)[:: 1 if which is singles else 9]:
        await search(session, made.of.application_id, filters, None, 20)

    assert session.read_whole() == []
    # A plan that was cut off after its last row may have looked at one of each stream more.
    assert session.most_read() <= 2 * notification_search.MOST_FOUND


async def test_page_after_page_has_each_once(made: Rows) -> None:
    filters = Filters(category="category-0", priority="high")
    expected = made.expected(filters)
    ids, after = [], None
    while True:
        page = await search(made.session, made.of.application_id, filters, after, 100)
        ids += [row["id"] for row in page.rows]
        after = page.after
        if after is None:
            break

    assert len(expected) > 1000
    assert ids == expected
