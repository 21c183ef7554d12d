"""The life of a campaign, as a pure state machine, and the hash that an approval is bound to.

Nothing here is stored or sent: SQL implements the moves, and each is compared-and-set.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from unicodedata import category, normalize
from zoneinfo import ZoneInfo


class CampaignStatus(StrEnum):
    """Where a campaign is."""

    DRAFT = "draft"
    VALIDATING = "validating"
    INVALID = "invalid"
    PENDING_APPROVAL = "pending_approval"
    REJECTED = "rejected"
    LAPSED = "lapsed"
    SCHEDULED = "scheduled"  # approved; waits for its time
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class CampaignMove(StrEnum):
    """What moves it: the kinds of its events."""

    EDITED = "edited"
    SUBMITTED = "submitted"
    VALIDATED = "validated"
    FOUND_INVALID = "found_invalid"
    APPROVED = "approved"  # by the last approver it needed
    REJECTED = "rejected"
    LAPSED = "lapsed"
    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


S, M = CampaignStatus, CampaignMove
ENDED = (S.COMPLETED, S.CANCELLED)
# Those whose submission an edit makes void: they are validated and approved again.
SUBMITTED = (S.VALIDATING, S.PENDING_APPROVAL, S.SCHEDULED)
UNSUBMITTED = (S.DRAFT, S.INVALID, S.REJECTED, S.LAPSED)
MOVES: dict[CampaignMove, dict[CampaignStatus, CampaignStatus]] = {
    M.EDITED: dict.fromkeys(UNSUBMITTED, S.DRAFT) | dict.fromkeys(SUBMITTED, S.VALIDATING),
    M.SUBMITTED: dict.fromkeys(UNSUBMITTED, S.VALIDATING),
    M.VALIDATED: {S.VALIDATING: S.PENDING_APPROVAL},
    M.FOUND_INVALID: {S.VALIDATING: S.INVALID},
    M.APPROVED: {S.PENDING_APPROVAL: S.SCHEDULED},
    M.REJECTED: {S.PENDING_APPROVAL: S.REJECTED},
    M.LAPSED: {S.PENDING_APPROVAL: S.LAPSED},
    M.STARTED: {S.SCHEDULED: S.RUNNING},
    M.PAUSED: {S.RUNNING: S.PAUSED},
    M.RESUMED: {S.PAUSED: S.RUNNING},
    M.COMPLETED: {S.RUNNING: S.COMPLETED},
    M.CANCELLED: {s: S.CANCELLED for s in S if s not in ENDED},
}


def moved(status: CampaignStatus, move: CampaignMove) -> CampaignStatus:
    """Where `move` leads from `status`; ValueError if it has no such move."""
    if status not in MOVES[move]:
        raise ValueError(f"{move} from {status}")
    return MOVES[move][status]


def content_hash(facts: Mapping[str, Any]) -> str:
    """Of content, audience and schedule, each with its revision: what an approver has seen."""
    plain = json.dumps(facts, sort_keys=True, default=str, separators=(",", ":"))
    return sha256(plain.encode()).hexdigest()


def person(owner: str) -> str:
    """The owner of a key, in the form in which two of them are compared: as people read it."""
    plain = normalize("NFKC", owner)
    seen = "".join(each for each in plain if category(each) != "Cf")  # those have no width
    return normalize("NFKC", " ".join(seen.split()).casefold())


def is_own(approver: str, authors: Iterable[str]) -> bool:
    """Has this person made, edited or submitted it, or made or filled its audience?"""
    return person(approver) in {person(author) for author in authors}


def next_opening(now: datetime, start: time, end: time, zone: str) -> tuple[datetime, datetime]:
    """The window that is open at `now`, or else the next one: when it opens, and when it closes.

    `start` after `end`: over midnight. Equal: it never opens, ValueError. Both times in UTC.
    """
    if start == end:
        raise ValueError("the window never opens")
    here = ZoneInfo(zone)
    today = now.astimezone(here).date()
    for days in (-1, 0, 1, 2):
        day = today + timedelta(days=days)
        ends = day + timedelta(days=int(end < start))
        opens = datetime.combine(day, start, here).astimezone(UTC)
        closes = datetime.combine(ends, end, here).astimezone(UTC)
        if closes > now and closes > opens:
            return opens, closes
    raise ValueError("the window never opens")
