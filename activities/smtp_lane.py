"""A campaign's messages on one connection, one round trip each. RFC 2920, section 3.1.

The rule a newcomer would break: only what had its content written, and has not had its reply, is
unknown. The one behind it, of which the envelope alone was written, has definitely not been sent.
"""

import asyncio
from collections.abc import Callable

from aiosmtplib import SMTPException, SMTPServerDisconnected

from activities.smtp_connections import SmtpConnections
from activities.smtp_exchange import OK, address, clear, refusal
from activities.smtp_letters import Desk, Letter
from activities.smtp_outcomes import SERVICE_CLOSES, Stage, accepted, from_error, is_definite
from activities.smtp_pipeline import Pipeline
from activities.vendor import Source
from models.messages import RELEASED, Message, Outcome, Scope, Verdict

SLOW = 0.25  # of the deadline: a server that thinks so long gets no envelope behind a content


class Lane:
    """Hands over what the source gives until there is no more, or the account has to rest."""

    def __init__(
        self,
        source: Source,
        connections: SmtpConnections,
        desk: Desk,
        clean: Callable[[Outcome], Outcome],
    ) -> None:
        self._source = source
        self._connections = connections
        self._desk = desk
        self._clean = clean
        self._loop = asyncio.get_running_loop()
        self._under_way: list[Letter] = []  # one, and maybe the one behind it
        self._rests = False  # the account takes no more
        self._slow = False

    async def run(self) -> None:
        """Raises only what the source does, and CancelledError; then too each has its outcome."""
        try:
            while not self._rests and await self._has_letter():
                await self._hand_over()
        finally:
            for letter in list(self._under_way):
                gone = letter.stage is Stage.BODY
                unknown = Outcome(Verdict.UNKNOWN, reason="cancelled")
                self._end(letter, unknown if gone else RELEASED)

    async def _has_letter(self) -> bool:
        while not self._under_way:
            batch = await self._source.take(1)
            if not batch:
                return False
            for message in batch:
                self._begin(message)
        return True

    def _next(self) -> Letter | None:
        """One more that is ready, unless a single message waits for a connection."""
        while not self._connections.wanted and (message := self._source.take_ready()):
            if letter := self._begin(message):
                return letter
        return None

    def _begin(self, message: Message) -> Letter | None:
        try:
            letter = self._desk.letter(message, self._loop.time())
        except Exception as error:
            outcome = from_error(error, Stage.BUILD, own_sender=bool(message.sender))
            self._source.done(message, self._clean(outcome))
            return None
        self._under_way.append(letter)
        return letter

    def _end(self, letter: Letter, outcome: Outcome) -> None:
        self._under_way.remove(letter)
        self._rests = self._rests or outcome.scope is Scope.ACCOUNT
        self._source.done(letter.message, self._clean(outcome))

    async def _hand_over(self) -> None:
        """What is under way and what is ready behind it, within the room for connections."""
        try:
            async with asyncio.timeout_at(self._under_way[0].half_time):
                await self._connections.room.acquire()
        except TimeoutError as error:
            self._fail(error)
            return
        try:
            while self._under_way and not self._rests:
                await self._over_one_connection(self._under_way[0])
        finally:
            self._connections.room.release()

    async def _over_one_connection(self, letter: Letter) -> None:
        letter.stage = Stage.CONNECT
        try:
            async with asyncio.timeout_at(letter.deadline):
                line = await self._line(letter)
            self._desk.takes_8bit = line.takes_8bit
        except Exception as error:
            self._fail(error)
            return
        try:
            while not self._rests and (self._under_way or self._next()):
                await self._exchange(line, self._under_way[0])
        except (SMTPException, OSError) as error:
            line.give_up()
            self._fail(error, line)
        except BaseException:
            line.give_up()
            raise
        else:
            if kept := line.hand_back():
                self._connections.give_back(kept)

    async def _line(self, letter: Letter) -> Pipeline:
        kept = None if letter.stale else await self._connections.reuse()
        return Pipeline(kept or await self._connections.connect(), used=kept is not None)

    async def _exchange(self, line: Pipeline, letter: Letter) -> None:
        """One message to its outcome; the envelope of the next may then stand on the line."""
        if letter.stage < Stage.MAIL:
            address(line, letter)
        if refused := await refusal(line, letter):
            self._end(letter, letter.outcome(refused.error()))
            await clear(line, letter)
            return
        if letter.behind and self._loop.time() > letter.half_time:
            self._end(letter, RELEASED)
            raise SMTPServerDisconnected("an invitation can only be declined by hanging up")
        self._write(line, letter)
        written_at, self._slow = self._loop.time(), True  # until it has answered
        reply = await line.reply(letter.deadline)
        self._slow = self._loop.time() - written_at > self._desk.seconds * SLOW
        line.used = True
        if reply.code != OK and not is_definite(reply.code):
            raise reply.error()
        accepts = reply.code == OK
        self._end(letter, accepted(reply.text) if accepts else letter.outcome(reply.error()))
        if reply.code == SERVICE_CLOSES:
            raise SMTPServerDisconnected("the server closes")

    def _write(self, line: Pipeline, letter: Letter) -> None:
        """The content, and behind it the envelope of the next one."""
        line.ask(letter.stuffed())
        if line.pipelining and not self._slow and (following := self._next()):
            following.behind = True
            address(line, following)
        line.check()
        letter.stage = Stage.BODY
        line.flush()

    def _fail(self, error: Exception, line: Pipeline | None = None) -> None:
        """The connection has gone, or there was none; it is the first one's affair."""
        if not self._under_way or self._rests:
            return
        first, *behind = self._under_way
        closed_idle = line is not None and line.used and first.stage is Stage.MAIL
        if not closed_idle or isinstance(error, TimeoutError):
            self._end(first, first.outcome(error))
        elif self._loop.time() > first.half_time:
            self._end(first, RELEASED)
        else:
            first.stale = True
        for letter in behind:
            self._end(letter, RELEASED)
