"""What passes between a campaign's workflow and its activities.

Crosses Temporal: fields are only added, with defaults.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Shard:
    """A range of a campaign's messages, with what delivering them needs."""

    owner_id: UUID
    application_id: UUID
    channel: str
    first: int
    last: int
    closes_at: datetime | None = None  # nothing is sent after it: the window closes


@dataclass(frozen=True, slots=True)
class Step:
    """What the workflow does next.

    `kind`: "validate", "wait" (until `until`, or woken), "deliver" (`shards`) or "ended".
    """

    kind: str
    until: datetime | None = None
    shards: tuple[Shard, ...] = ()
    line: str = ""  # how far it is, for the Temporal UI
    status: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a shard: counts by verdict, and when there is next something to do in it.

    `look_again_at` None: all of it has ended, or the campaign is not to be sent now.
    """

    counts: dict[str, int] = field(default_factory=dict)
    look_again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """What came as a signal from the Temporal UI or CLI, and the campaign it is about."""

    owner_id: UUID
    approver: str
    code: str
