"""One claimed window on its way to the vendor. Every message comes back with an outcome."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from activities.accounts import OpenAccount
from models.clock import LeaseClock
from models.errors import TidingsError
from models.messages import RELEASED, Message, Outcome, Scope, Verdict
from models.repositories.messages import Claimed

log = structlog.get_logger()
Ends = list[tuple[Claimed, Outcome]]


class Handover:
    """Renders and calls the vendor while the lease, the account and the worker allow it."""

    def __init__(
        self,
        account: OpenAccount,
        clock: LeaseClock,
        render: Callable[[Claimed], Message],
        stopping: Callable[[], bool],
        priority: int,
    ) -> None:
        self.account = account
        self.clock = clock
        self.render = render
        self.stopping = stopping
        self.priority = priority
        self._account_rests = False
        self._lives: dict[str, timedelta] = {}  # by message id

    async def send(self, window: Sequence[Claimed]) -> Ends:
        """What became of each; what may not be sent any more is released."""
        ends: Ends = []
        rendered: dict[str, tuple[Claimed, Message]] = {}
        for claimed in window:
            try:
                message = self.render(claimed)
            except TidingsError as error:  # this one's data do not fit its template
                reason, detail = error.reason, str(error)
                ends.append((claimed, Outcome(Verdict.REFUSED, reason=reason, detail=detail)))
            except Exception:  # a defect of ours, for somebody to mend before it expires
                log.exception("not_rendered", message=claimed.request_key)
                ends.append((claimed, Outcome(Verdict.RETRY, reason="not_rendered")))
            else:
                rendered[message.id] = claimed, message
                self._lives[message.id] = claimed.life
        batches = self.account.vendor.batches([message for _, message in rendered.values()])
        for answers in await asyncio.gather(*(self._call(batch) for batch in batches)):
            ends += [(rendered[key][0], outcome) for key, outcome in answers.items()]
        return ends

    async def _call(self, batch: Sequence[Message]) -> dict[str, Outcome]:
        async with self.account.call(self.priority):
            # Asked only now: waiting for the slot took time, and some may have expired meanwhile.
            batch, late = self._in_time(batch)
            answers = {message.id: RELEASED for message in late}
            if not batch:
                return answers
            outcomes = await self.account.vendor.send(batch)
        self._account_rests |= any(account_rests(outcome) for outcome in outcomes)
        answers |= {m.id: outcome for m, outcome in zip(batch, outcomes, strict=True)}
        again = [m for m in batch if answers[m.id].verdict is Verdict.SPLIT]
        # One message is bad and none of these was sent. Halves find it in few calls.
        middle = max(1, len(again) // 2) if len(again) == len(batch) else len(again)
        for half in (again[:middle], again[middle:]):
            if half:
                answers |= await self._call(half)
        return answers

    def _in_time(self, batch: Sequence[Message]) -> tuple[list[Message], list[Message]]:
        """Those that may be handed over now, and those that may not any more."""
        if self._account_rests or self.stopping():
            return [], list(batch)
        may = {m.id for m in batch if self.clock.allows_a_call(self._lives[m.id])}
        return [m for m in batch if m.id in may], [m for m in batch if m.id not in may]


def account_rests(outcome: Outcome) -> bool:
    """Does this outcome say that the account takes no further calls now?"""
    return outcome.verdict in (Verdict.REFUSED, Verdict.RETRY) and outcome.scope is Scope.ACCOUNT
