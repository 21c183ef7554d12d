"""Nothing stops a record: it is repeated until it works."""

import asyncpg
import pytest

from activities.pace import until_written
from models.database import is_away


class Record:
    """Fails with each of these, then works."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    async def write(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "written"


@pytest.mark.parametrize("error", [ConnectionError("away"), ValueError("a defect"), KeyError(1)])
async def test_it_is_written_whatever_stopped_it_before(error: Exception) -> None:
    record = Record(error, error)

    assert await until_written(record.write) == "written"
    assert record.errors == []


@pytest.mark.parametrize(
    ("state", "away"),
    [
        ("57P01", True),  # it stops
        ("53300", True),  # no connection left
        ("25006", True),  # failed over: this one only reads now
        ("40P01", True),  # a deadlock
        ("55P03", True),  # a lock was not to be had in time
        ("57014", True),  # took too long
        ("23505", False),
        ("42703", False),
    ],
)
def test_what_passes_by_itself_is_told_from_a_statement_that_is_wrong(
    state: str, away: bool
) -> None:
    error = asyncpg.PostgresError.new({"C": state, "M": "words"})

    assert is_away(error) is away
