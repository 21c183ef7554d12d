"""The state machine of a message, and a notification's status as a pure function of its rows.

`ledger.md`'s machine: `phase` moves only along MOVES; SQL implements it, the audit holds every
recorded account against it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Phase(StrEnum):
    """Where a message is."""

    QUEUED = "queued"
    SENDING = "sending"  # claimed: a worker may be handing it over
    UNKNOWN = "unknown"  # handed over, outcome not known; waits to be settled
    ENDED = "ended"


class Result(StrEnum):
    """How a message ended."""

    SENT = "sent"
    REFUSED = "refused"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """What a caller is told of a notification."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    PROCESSING = "processing"
    SENT = "sent"
    DELIVERED = "delivered"
    OPENED = "opened"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Move(StrEnum):
    """What moves a message: the kinds of its events."""

    QUEUED = "queued"
    HANDING_OVER = "handing_over"
    SENT = "sent"
    REFUSED = "refused"
    RETRY = "retry"  # definitely not sent: back to the queue
    RELEASED = "released"  # never handed over: back to the queue
    UNKNOWN = "unknown"
    WORKER_LOST = "worker_lost"  # the lease ended without a record
    RESEND = "resend"  # an unknown, sent once more
    HELD = "held"  # an unknown that stays one
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


# Tuples, compared by identity: to a set, the phase `unknown` and the result `unknown` are the same.
OPEN = (Phase.SENDING, Phase.UNKNOWN)
# From which phases each move may start, and where it leads. A late acceptance also ends a re-send
# that nobody has claimed yet, and corrects a message that was given up as unknown.
MOVES: dict[Move, tuple[tuple[Phase | Result, ...], Phase | Result]] = {
    Move.HANDING_OVER: ((Phase.QUEUED,), Phase.SENDING),
    Move.SENT: ((*OPEN, Phase.QUEUED, Result.UNKNOWN), Result.SENT),
    Move.REFUSED: (OPEN, Result.REFUSED),
    Move.RETRY: (OPEN, Phase.QUEUED),
    Move.RELEASED: (OPEN, Phase.QUEUED),
    Move.UNKNOWN: (OPEN, Phase.UNKNOWN),
    Move.WORKER_LOST: ((Phase.SENDING,), Phase.UNKNOWN),
    Move.RESEND: ((Phase.UNKNOWN,), Phase.QUEUED),
    Move.HELD: ((Phase.UNKNOWN, Phase.QUEUED), Result.UNKNOWN),  # queued: a re-send not made
    Move.EXPIRED: ((Phase.QUEUED,), Result.EXPIRED),
    Move.SUPPRESSED: ((Phase.QUEUED,), Result.SUPPRESSED),
    Move.CANCELLED: ((Phase.QUEUED,), Result.CANCELLED),
}


def moved(state: Phase | Result, move: Move) -> Phase | Result:
    """Where `move` leads from `state`; ValueError if the machine has no such move."""
    if move not in MOVES or not any(state is start for start in MOVES[move][0]):
        raise ValueError(f"{move} from {state}")
    return MOVES[move][1]


@dataclass(frozen=True, slots=True)
class MessageState:
    """What a message's row says."""

    phase: Phase
    result: Result | None = None
    receipt: str = "none"  # none < failed < delivered
    opened: bool = False


@dataclass(frozen=True, slots=True)
class NotificationState:
    """What a notification's row says."""

    due_at: datetime
    cancelled: bool = False
    end_reason: str | None = None  # done, cancelled, expired, no_contact; None: not ended


# Of a notification's ended messages, the one that reached furthest speaks for all.
FURTHEST = (
    Status.OPENED,
    Status.DELIVERED,
    Status.SENT,
    Status.UNKNOWN,
    Status.FAILED,
    Status.EXPIRED,
    Status.CANCELLED,
    Status.SUPPRESSED,
)
WITHOUT_MESSAGES = {
    "cancelled": Status.CANCELLED,
    "expired": Status.EXPIRED,
    "no_contact": Status.FAILED,
}


def status(
    notification: NotificationState, messages: Iterable[MessageState], now: datetime
) -> Status:
    """The notification's status at `now`."""
    messages = list(messages)
    if not messages:
        return _before_any_message(notification, now)
    if notification.end_reason is None and any(m.phase is not Phase.ENDED for m in messages):
        return Status.PROCESSING
    if notification.end_reason is None and not notification.cancelled:
        return _between_steps(messages)
    return min((_of(m) for m in messages), key=FURTHEST.index)


def _before_any_message(notification: NotificationState, now: datetime) -> Status:
    if notification.end_reason:
        return WITHOUT_MESSAGES.get(notification.end_reason, Status.FAILED)
    if notification.cancelled:
        return Status.CANCELLED
    return Status.SCHEDULED if notification.due_at > now else Status.ACCEPTED


def _between_steps(messages: list[MessageState]) -> Status:
    """All have ended, the notification has not: unless one arrived, a channel may follow."""
    best = min((_of(m) for m in messages), key=FURTHEST.index)
    return best if FURTHEST.index(best) <= FURTHEST.index(Status.SENT) else Status.PROCESSING


def _of(message: MessageState) -> Status:
    if message.result is not Result.SENT:
        return {
            Result.REFUSED: Status.FAILED,
            Result.SUPPRESSED: Status.SUPPRESSED,
            Result.EXPIRED: Status.EXPIRED,
            Result.CANCELLED: Status.CANCELLED,
        }.get(message.result or Result.UNKNOWN, Status.UNKNOWN)
    if message.opened:
        return Status.OPENED
    by_receipt = {"delivered": Status.DELIVERED, "failed": Status.FAILED}
    return by_receipt.get(message.receipt, Status.SENT)
