"""Sessions that count how often a connection was asked for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from models.sessions import Session, Sessions


class Counted(Sessions):
    """`asked`: so often."""

    asked = 0

    @asynccontextmanager
    async def singly(self) -> AsyncIterator[Session]:
        self.asked += 1
        async with super().singly() as session:
            yield session

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Session]:
        self.asked += 1
        async with super().begin() as session:
            yield session
