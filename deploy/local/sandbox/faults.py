"""Faults on demand: which rule, if any, applies to a message that a vendor is about to accept.

A fault whose name ends in `_after` (and slow, garbage, half_body) accepts the message first: the
sender must find out without being told.
"""

import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from random import random


class Fault(StrEnum):
    """What can go wrong; docs/sandbox.md says how each vendor words it."""

    REFUSE = "refuse"  # this recipient, for good
    REFUSE_ACCOUNT = "refuse_account"  # the credentials
    BUSY = "busy"  # try again in 2 s
    UNAVAILABLE = "unavailable"  # not now
    ERROR_BEFORE = "error_before"  # an error, and nothing was accepted
    ERROR_AFTER = "error_after"  # an error, but the message was accepted
    SILENCE_BEFORE = "silence_before"
    SILENCE_AFTER = "silence_after"
    SLOW = "slow"  # accepts at once, answers after `seconds`
    DISCONNECT_BEFORE = "disconnect_before"
    DISCONNECT_AFTER = "disconnect_after"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    GARBAGE = "garbage"  # accepts, then bytes of no protocol
    HALF_BODY = "half_body"  # accepts, then half an answer


# Answered with the vendor's own error, and nothing is accepted.
ERRORS = frozenset(
    {Fault.REFUSE, Fault.REFUSE_ACCOUNT, Fault.BUSY, Fault.UNAVAILABLE, Fault.ERROR_BEFORE}
)
BROKEN_BEFORE = frozenset({Fault.SILENCE_BEFORE, Fault.DISCONNECT_BEFORE, Fault.RESET_BEFORE})
BROKEN_AFTER = frozenset({Fault.SILENCE_AFTER, Fault.DISCONNECT_AFTER, Fault.RESET_AFTER})
SLOW_SECONDS = 1.0


@dataclass(slots=True)
class Rule:
    """One order to fail. None means: any, or without end."""

    vendor: str
    fault: Fault
    times: int | None = None  # how often it still applies
    seconds: float | None = None  # slow: the delay; otherwise how long the rule lives
    account: str | None = None
    to: str | None = None  # exactly this recipient
    probability: float = 1.0
    id: int = 0
    applied: int = 0
    since: float = field(default_factory=time.monotonic)

    @property
    def delay_seconds(self) -> float:
        """How long a slow answer takes."""
        return SLOW_SECONDS if self.seconds is None else self.seconds

    def spent(self) -> bool:
        """Whether it will never apply again."""
        dies = self.fault is not Fault.SLOW and self.seconds is not None
        old = dies and time.monotonic() - self.since > (self.seconds or 0)
        return old or self.times == 0

    def matches(self, vendor: str, account: str, recipients: Collection[str]) -> bool:
        """Whether it is about such a message; the dice are not thrown here."""
        return (
            self.vendor == vendor
            and self.account in (None, account)
            and (self.to is None or self.to in recipients)
        )


class Faults:
    """The rules in force, oldest first: the first that matches applies."""

    def __init__(self) -> None:
        self.rules: dict[int, Rule] = {}
        self.applied: Counter[tuple[str, Fault]] = Counter()  # messages: one call may carry many
        self._ids = count(1)

    def add(self, rule: Rule) -> int:
        """Put a rule in force; gives back its id."""
        rule.id = next(self._ids)
        self.rules[rule.id] = rule
        return rule.id

    def take(
        self,
        vendor: str,
        account: str,
        recipients: Collection[str] = (),
        among: Collection[Fault] = frozenset(Fault),
    ) -> Rule | None:
        """The rule that applies to this message now, counted as applied.

        `among` are the faults that the protocol allows at this point.
        """
        if not self.rules:
            return None
        self.prune()
        for rule in self.rules.values():
            if rule.fault not in among or not rule.matches(vendor, account, recipients):
                continue
            if rule.probability < 1 and random() >= rule.probability:
                continue
            self._apply(rule, len(recipients))
            return rule
        return None

    def prune(self) -> None:
        """Forget the rules that will never apply again."""
        self.rules = {id: rule for id, rule in self.rules.items() if not rule.spent()}

    def _apply(self, rule: Rule, messages: int) -> None:
        rule.applied += 1
        self.applied[rule.vendor, rule.fault] += max(messages, 1)  # none: before any was named
        if rule.times is not None:
            rule.times -= 1
