"""A mail server by script: what it does with each message, and how its replies are cut.

It knows a message by the sender's local part, and keeps what it took.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from raw_peers import CLOSE, RESET, SILENCE, reset

from models.messages import Message, Outcome

KEPT = b"<kept>"  # in front of what happens at `.`: the mail is taken all the same
HALF = b"<half>"  # half a reply, and silence


@dataclass
class Script:
    """`faults`: by message, a stage and what happens there in place of the usual reply.

    Stages: MAIL, RCPT, DATA, body (its first bytes) and `.`, its end.
    """

    faults: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    cuts: Sequence[int] = (1 << 16,)  # sizes of the packets that replies come in, by turns
    pipelining: bool = True
    strict: bool = True  # or it asks for the content though it has no recipient
    to_nothing: bytes = b"250 2.0.0 ok: queued as NOTHING"  # what it says to a content for nobody
    only_once: bool = False  # each fault
    thinks_seconds: float = 0  # before it takes a content
    taken: Counter[str] = field(default_factory=Counter)
    contents: dict[str, bytes] = field(default_factory=dict)
    empty: int = 0  # mails that came without a recipient
    connections: int = 0
    open: int = 0
    most_at_once: int = 0
    silent: bool = False
    commands: list[bytes] = field(default_factory=list)
    early: int = 0  # packets with something behind a content
    hasty: int = 0  # commands with something behind them where that is not offered

    def fault(self, name: str, stage: str) -> bytes:
        """What happens to that message there; b"" for the usual."""
        at, what = self.faults.get(name, ("", b""))
        if at != stage:
            return b""
        if self.only_once:
            del self.faults[name]
        return what

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        sessions: list[Session] = []

        def session() -> Session:
            sessions.append(Session(self))
            return sessions[-1]

        server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for one in sessions:
                one.writing.cancel()
                one.transport.abort()


class Session(asyncio.Protocol):
    """One connection. A task writes what there is to say, piece by piece."""

    transport: asyncio.Transport
    writing: asyncio.Task[None]

    def __init__(self, script: Script) -> None:
        self.script = script
        self.rest = b""
        self.out = b""
        self.end = b""  # how it ends once all is said; nothing more is read
        self.something = asyncio.Event()
        self.in_content = self.thinking = self.recipient = False
        self.name = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.script.connections += 1
        self.script.open += 1
        self.script.most_at_once = max(self.script.most_at_once, self.script.open)
        self.writing = asyncio.ensure_future(self._write())
        self._say(b"220 ready")

    def connection_lost(self, exc: Exception | None) -> None:
        self.script.open -= 1
        self.writing.cancel()

    def data_received(self, data: bytes) -> None:
        self.rest += data
        while not self.end and not self.thinking:
            if self.in_content:
                if not self.rest or self._fault("body"):
                    return
                content, dot, rest = (b"\r\n" + self.rest).partition(b"\r\n.\r\n")
                if not dot:
                    return
                self.rest = rest
                self.script.early += bool(rest)
                self._content(content.removeprefix(b"\r\n").replace(b"\r\n..", b"\r\n.") + b"\r\n")
            else:
                line, end, rest = self.rest.partition(b"\r\n")
                if not end:
                    return
                self.rest = rest
                self._command(line)
                self.script.hasty += bool(rest) and not self.script.pipelining

    def _command(self, line: bytes) -> None:
        self.script.commands.append(line)
        word = line[:4]
        if word == b"EHLO":
            offers = b"250-PIPELINING\r\n" if self.script.pipelining else b""
            self._say(b"250-script\r\n%b250-SIZE 99999\r\n250 8BITMIME" % offers)
        elif word == b"MAIL":
            self._mail(line)
        elif word == b"RCPT":
            self._reply("RCPT", b"250 ok" if self.name else b"503 no sender")
        elif word == b"DATA":
            goes = self.recipient or not self.script.strict
            self._reply("DATA", b"354 go" if goes else b"503 no recipient")
        elif word == b"RSET":
            self.name, self.recipient = "", False
            self._say(b"250 ok")
        elif word == b"QUIT":
            self._say(b"221 bye")
            self._say(CLOSE)

    def _mail(self, line: bytes) -> None:
        if self.name:
            self._say(b"503 nested MAIL")
            return
        name = line.partition(b"<")[2].partition(b"@")[0].decode()
        self.name = name
        self._reply("MAIL", b"250 ok")

    def _reply(self, stage: str, usual: bytes) -> None:
        if usual.startswith(b"503") or not self._fault(stage):
            self.in_content = usual.startswith(b"354")
            self.recipient = self.recipient or (stage == "RCPT" and usual.startswith(b"250"))
            self._say(usual)
        elif stage == "MAIL":
            self.name = ""

    def _content(self, content: bytes) -> None:
        name, taken = self.name, self.recipient
        self.in_content = self.recipient = False
        self.name = ""
        if not taken:
            self.script.empty += 1
            self._say(self.script.to_nothing)
            return
        what = self.script.fault(name, ".")
        if not what or what.startswith(KEPT):
            self.script.taken[name] += 1
            self.script.contents[name] = content
        said = what.removeprefix(KEPT) or b"250 2.0.0 ok: queued as %b" % name.encode()
        if self.script.thinks_seconds:
            self.thinking = True
            asyncio.get_running_loop().call_later(self.script.thinks_seconds, self._answer, said)
        else:
            self._say(said)

    def _answer(self, said: bytes) -> None:
        self.thinking = False
        self._say(said)
        self.data_received(b"")

    def _fault(self, stage: str) -> bytes:
        what = self.script.fault(self.name, stage)
        if what:
            self._say(what)
        return what

    def _say(self, what: bytes) -> None:
        if what in (CLOSE, RESET, SILENCE):
            self.end = what
            self.script.silent = what == SILENCE
        elif what == HALF:
            self.out, self.end = self.out + b"25", SILENCE
        else:
            self.out += what + b"\r\n"
            if what.startswith(b"421"):
                self.end = CLOSE
        self.something.set()

    async def _write(self) -> None:
        turn = 0
        while not self.end or self.out:
            await self.something.wait()
            self.something.clear()
            while self.out:
                size = self.script.cuts[turn % len(self.script.cuts)]
                turn += 1
                self.transport.write(self.out[:size])
                self.out = self.out[size:]
                await asyncio.sleep(0)
        if self.end == RESET:
            reset(self)  # type: ignore[arg-type]
        elif self.end == CLOSE:
            self.transport.close()

    def get_extra_info(self, name: str) -> object:
        return self.transport.get_extra_info(name)


@dataclass
class Pile:
    """A source of messages: a lane takes from it, and says what became of each."""

    left: list[Message]
    ready: Sequence[bool] = (True,)  # whether the next is at once at hand, by turns
    taken: list[Message] = field(default_factory=list)
    ends: list[tuple[str, Outcome]] = field(default_factory=list)
    asked: int = 0

    async def take(self, most: int) -> Sequence[Message]:
        await asyncio.sleep(0)
        return [self._pop() for _ in range(min(most, len(self.left)))]

    def take_ready(self) -> Message | None:
        self.asked += 1
        if not self.left or not self.ready[self.asked % len(self.ready)]:
            return None
        return self._pop()

    def done(self, message: Message, outcome: Outcome) -> None:
        self.ends.append((message.id, outcome))

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """By message; each has exactly one."""
        assert Counter(name for name, _ in self.ends) == Counter(m.id for m in self.taken)
        assert len(self.ends) == len({name for name, _ in self.ends})
        return dict(self.ends)

    def _pop(self) -> Message:
        self.taken.append(self.left.pop(0))
        return self.taken[-1]
