"""What becomes of an unknown outcome: a pure policy, by the vendor's class, then the category."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from models.messages import CALL_DEADLINE, Verdict

MOST_RESENDS = 1
LOOK_AGAIN = timedelta(seconds=5)


class Action(StrEnum):
    """How an unknown is settled."""

    SENT = "sent"  # the vendor has it
    NOT_SENT = "not_sent"  # the vendor's complete list does not have it: queue it again
    REPEAT = "repeat"  # the same request key on the same account: the vendor knows it
    WAIT = "wait"  # look again later
    RESEND = "resend"  # a new attempt, maybe a second copy: the category accepts that
    HOLD = "hold"  # stays unknown, visible


@dataclass(frozen=True, slots=True)
class Doubt:
    """One unknown outcome, as far as it is known. `settlement`: the vendor's class, its value."""

    settlement: str
    on_unknown: str  # the category's: resend or hold
    handed_over_at: datetime
    expires_at: datetime
    resends: int
    settle_within: timedelta
    looked_up: Verdict = Verdict.UNKNOWN


def settle(doubt: Doubt, now: datetime) -> Action:
    """The one thing to do now."""
    if doubt.looked_up is Verdict.ACCEPTED:
        return Action.SENT
    in_time = doubt.expires_at - now > CALL_DEADLINE
    if doubt.looked_up is Verdict.RETRY:
        return Action.NOT_SENT
    if now - doubt.handed_over_at < doubt.settle_within:
        if doubt.settlement == "idempotent" and in_time:
            return Action.REPEAT
        if doubt.settlement == "correlated":
            return Action.WAIT
    if doubt.on_unknown == "resend" and doubt.resends < MOST_RESENDS and in_time:
        return Action.RESEND
    return Action.HOLD
