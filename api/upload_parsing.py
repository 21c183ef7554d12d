"""Uploads are parsed in a process of their own, so that other requests wait for none of it.

One for all uploads, started by the first and started again if it is killed. It lives from what it
is told through a pipe, and ends with it: however the API ends, nothing is left behind.
"""

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from models.errors import TidingsError
from models.upload_lines import Order, Parsed, Position, parse

SPAWN = get_context("spawn")  # a fork would keep the API's connections open
ATTEMPTS = 2  # it is pure: what a killed process was asked is asked again


class ParsingProcess:
    """One piece at a time, in the order they were asked for."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audience-parsing")

    async def parse(self, order: Order, position: Position, piece: bytes, *, last: bool) -> Parsed:
        """As `models.upload_lines.parse`."""
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._thread, self._ask, (order, position, piece, last))
        if isinstance(answer, TidingsError):
            raise answer
        assert isinstance(answer, Parsed)  # noqa: S101 - it answers nothing else
        return answer

    def _ask(self, question: tuple[Any, ...]) -> object:
        for _ in range(ATTEMPTS):
            connection = self._connection or self._start()
            try:
                connection.send(question)
                return connection.recv()
            except (EOFError, OSError):
                connection.close()
                self._connection = None
        raise RuntimeError("the parsing process ended, and ended again")

    def _start(self) -> Connection:
        self._connection, its_end = SPAWN.Pipe()
        SPAWN.Process(target=answer, args=(its_end,), name="tidings parsing", daemon=True).start()
        its_end.close()
        return self._connection


def answer(connection: Connection) -> None:
    """What the process does: it parses until nobody is at the other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the API, which closes the pipe
    while True:
        try:
            order, position, piece, last = connection.recv()
        except (EOFError, OSError):
            return
        found: Parsed | TidingsError
        try:
            found = parse(order, position, piece, last=last)
        except TidingsError as error:
            found = error
        connection.send(found)


PARSING = ParsingProcess()
