"""What versions hold is kept for the versions used last, whoever else asks meanwhile."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from raw_peers import until
from uuid_utils.compat import uuid7

from models.repositories.templates import VersionCache


@dataclass
class Row:
    id: UUID
    content: dict[str, str]


@dataclass
class Session:
    """Answers once it may."""

    may: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[UUID] = field(default_factory=list)

    async def execute(self, _: object, values: dict[str, Any]) -> Sequence[Row]:
        self.asked += values["ids"]
        await self.may.wait()
        return [Row(id, {"of": str(id)}) for id in values["ids"]]


@pytest.fixture
def ready() -> Session:
    session = Session()
    session.may.set()
    return session


async def test_what_goes_while_another_is_read_is_there_all_the_same(ready: Session) -> None:
    cache, slow = VersionCache(kept=1), Session()
    kept, wanted, other = uuid7(), uuid7(), uuid7()
    await cache.load(ready, [kept])

    loading = asyncio.create_task(cache.load(slow, [kept, wanted]))
    await until(lambda: slow.asked)
    await cache.load(ready, [other])  # `kept` has to go
    slow.may.set()

    assert await loading == {id: {"of": str(id)} for id in (kept, wanted)}
    assert slow.asked == [wanted]


async def test_what_was_used_last_stays(ready: Session) -> None:
    cache = VersionCache(kept=2)
    one, two, three = uuid7(), uuid7(), uuid7()
    for ids in ([one], [two], [one], [three], [one], [two]):
        await cache.load(ready, ids)

    assert ready.asked == [one, two, three, two]
