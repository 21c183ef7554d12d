"""A mail server's connection with our own exchange on it: commands in one write. RFC 2920.

aiosmtplib connects; from then on its transport talks to `Pipeline`, until it is handed back. Where
the server does not offer PIPELINING the same commands go one by one.
"""

import asyncio
from collections import deque
from typing import cast

from aiosmtplib import SMTPServerDisconnected

from activities.smtp_connections import Connection, abort
from activities.smtp_replies import UNREADABLE, Replies, Reply


class Pipeline(asyncio.Protocol):
    """Replies come in the order of what was asked. Only one task may wait for them."""

    def __init__(self, connection: Connection, *, used: bool) -> None:
        smtp = connection.smtp
        self.used = used  # it has served before: it may have been closed since
        self.pipelining = smtp.supports_extension("pipelining")
        self.takes_size = smtp.supports_extension("size")
        self.takes_8bit = smtp.supports_extension("8bitmime")
        self.owed = 0  # replies to what was written
        self.connection = connection
        self._loop = asyncio.get_running_loop()
        self._transport = cast("asyncio.Transport", smtp.transport)
        self._former = self._transport.get_protocol()
        self._asked: deque[bytes] = deque()  # and not yet written
        self._parser = Replies()
        self._replies: deque[Reply] = deque()
        self._error: Exception | None = None  # why nothing more will come
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._transport.set_protocol(self)

    def ask(self, *commands: bytes) -> None:
        """Put them in line. Each is owed one reply; a content with its dot is a command too."""
        self._asked.extend(commands)

    def check(self) -> None:
        """Raises if the connection is lost, or the server has said what nobody asked for."""
        if self._error or self._transport.is_closing():
            raise self._error or SMTPServerDisconnected("connection lost")

    def flush(self) -> None:
        """Write what was asked: at once, or the next one, once the last has had its reply."""
        if not self._asked or (self.owed and not self.pipelining):
            return
        self.check()
        if self.pipelining:
            self.owed += len(self._asked)
            self._transport.write(b"".join(self._asked))
            self._asked.clear()
        else:
            self.owed = 1
            self._transport.write(self._asked.popleft())

    def forget(self) -> None:
        """Take out of the line what has not been written."""
        self._asked.clear()

    async def reply(self, deadline: float) -> Reply:
        """The next one, in the loop's time; raises if it cannot be read or does not come."""
        if self._asked:
            self.flush()
        while not self._replies:
            await self._more(deadline)
        reply = self._replies.popleft()
        self.owed -= 1
        if reply.code == UNREADABLE:
            raise reply.error()
        return reply

    def give_up(self) -> None:
        """Hang up at once: what is still unsent of a content must not arrive later."""
        self._rest()
        abort(self.connection.smtp)

    def hand_back(self) -> Connection | None:
        """The connection, aiosmtplib's again; None, and it is gone, if it is not fit for more."""
        # What the server answered before it was all written is still on its way.
        idle = not (self.owed or self._error or self._transport.get_write_buffer_size())
        if not idle or self._transport.is_closing():
            self.give_up()
            return None
        self._rest()
        self._transport.set_protocol(self._former)
        return self.connection

    def data_received(self, data: bytes) -> None:
        """Replies, or parts of them. What nobody asked for ends it, behind those that were."""
        self._replies.extend(self._parser.feed(data))
        surplus = len(self._replies) - self.owed
        if surplus > 0 or (surplus == 0 and self._parser.partial):
            for _ in range(surplus):
                self._replies.pop()
            self._error = self._error or SMTPServerDisconnected("a reply that was not asked for")
        self._wake()

    def eof_received(self) -> bool:
        """The server will say nothing more."""
        self._lose(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Called once, at the end."""
        self._lose(exc)

    def _lose(self, cause: Exception | None) -> None:
        if self._error is None:
            self._error = SMTPServerDisconnected("connection lost")
            self._error.__cause__ = cause
        self._wake()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    async def _more(self, deadline: float) -> None:
        if self._error:
            raise self._error
        self._deadline = deadline
        self._waiter = self._loop.create_future()
        # One timer for many waits: it looks again when it goes off too early.
        self._timer = self._timer or self._loop.call_at(deadline, self._look_at_the_clock)
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _look_at_the_clock(self) -> None:
        self._timer = None
        if not self._waiter or self._waiter.done():
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._look_at_the_clock)
        else:
            self._waiter.set_exception(TimeoutError())

    def _rest(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None
