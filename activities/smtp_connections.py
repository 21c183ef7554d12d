"""The kept connections to one mail server, bounded in number; idle ones leave after 15 seconds.

The rule a newcomer would break: only a connection whose last reply was read goes back here.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from aiosmtplib import SMTP, SMTPException

IDLE_SECONDS = 15  # servers close after 5 minutes at the least, but middle boxes sooner


@dataclass(slots=True)
class Connection:
    """A connection that has said EHLO; `dirty` while a transaction stands half way."""

    smtp: SMTP
    dirty: bool = False


class SmtpConnections:
    """Makes connections by `make`; `room` bounds how many are at work.

    `wanted`: so many single messages wait for room, and a lane makes way.
    """

    def __init__(
        self, make: Callable[[], SMTP], most: int, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self.room = asyncio.Semaphore(most)
        self.wanted = 0
        self._make = make
        self._idle_seconds = idle_seconds
        self._idle: dict[int, tuple[Connection, asyncio.TimerHandle]] = {}
        self._closed = False

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Room for a single message's connection."""
        self.wanted += 1
        try:
            await self.room.acquire()
        finally:
            self.wanted -= 1
        try:
            yield
        finally:
            self.room.release()

    async def connect(self) -> Connection:
        """A new one, past greeting, STARTTLS, AUTH and EHLO; raises what aiosmtplib raises."""
        smtp = self._make()
        try:
            await smtp.connect()
            if smtp.is_ehlo_or_helo_needed:
                await smtp.ehlo()
        except BaseException:
            abort(smtp)
            raise
        return Connection(smtp)

    async def reuse(self) -> Connection | None:
        """The connection that was used last, ready for MAIL; None if there is none."""
        while self._idle:
            _, (connection, timer) = self._idle.popitem()
            timer.cancel()
            try:
                if connection.dirty:
                    await connection.smtp.rset()
                    connection.dirty = False
                if connection.smtp.is_connected:
                    return connection
            except (SMTPException, OSError):
                abort(connection.smtp)
            except BaseException:
                abort(connection.smtp)
                raise
        return None

    def give_back(self, connection: Connection) -> None:
        """Keep it for the next message."""
        if self._closed:
            quit_without_waiting(connection.smtp)
            return
        key = id(connection)
        timer = asyncio.get_running_loop().call_later(self._idle_seconds, self._leave, key)
        self._idle[key] = connection, timer

    def close(self) -> None:
        """Leave them all; those at work leave when they come back."""
        self._closed = True
        for key in list(self._idle):
            self._leave(key)

    def _leave(self, key: int) -> None:
        connection, timer = self._idle.pop(key)
        timer.cancel()
        quit_without_waiting(connection.smtp)


def quit_without_waiting(smtp: SMTP) -> None:
    """Say QUIT and hang up: whatever was handed over has had its reply."""
    if smtp.is_connected:
        cast("asyncio.WriteTransport", smtp.transport).write(b"QUIT\r\n")
    smtp.close()


def abort(smtp: SMTP) -> None:
    """Hang up at once: what is still unsent of a content must not arrive later."""
    if smtp.transport is not None:
        cast("asyncio.WriteTransport", smtp.transport).abort()
    smtp.close()
