"""Every statement of every repository is one that PostgreSQL takes, with the types it infers."""

import importlib
import pkgutil
from collections.abc import Iterator

import asyncpg
import pytest
from sqlalchemy import TextClause

from models import repositories
from models.sessions import _positional


def statements() -> Iterator[tuple[str, TextClause]]:
    for module in pkgutil.iter_modules(repositories.__path__):
        names = vars(importlib.import_module(f"models.repositories.{module.name}"))
        yield from (
            (f"{module.name}.{name}", value)
            for name, value in names.items()
            if isinstance(value, TextClause)
        )


@pytest.mark.parametrize("statement", [pytest.param(s, id=name) for name, s in statements()])
async def test_postgresql_takes_it(statement: TextClause, database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.prepare(_positional(statement)[0])
    finally:
        await connection.close()
