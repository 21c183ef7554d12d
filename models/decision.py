"""What the activities answer the workflow. Crosses Temporal: fields are only added, with defaults.

Ids, counts and times only; reasons and vendor texts stay in PostgreSQL.
"""

from dataclasses import dataclass, field
from datetime import datetime

from models.selection import Selection


@dataclass(frozen=True, slots=True)
class Decision:
    """What to deliver now, until when, and when to look at the rest."""

    deliver: tuple[Selection, ...] = ()
    expires_at: datetime | None = None  # the latest of what is open
    look_again_at: datetime | None = None
    ended: str = ""  # the owner's last status, once it has one


@dataclass(frozen=True, slots=True)
class DeliverInput:
    """Which messages; what is due among them, the claim decides."""

    which: Selection
    priority: str
    application_id: str = ""


@dataclass(frozen=True, slots=True)
class DeliverResult:
    """How many of each verdict, and when to come back; vendors' words stay in PostgreSQL."""

    counts: dict[str, int] = field(default_factory=dict)
    look_again_at: datetime | None = None  # None: all of the selection have ended
    ended: str = ""  # the owner's last status, if this delivery was all there was to do
    taken: bool = True  # False: `deliver_now` left it to `deliver`


@dataclass(frozen=True, slots=True)
class Told:
    """What was decided, and what became at once of each selection to deliver, in their order."""

    decision: Decision
    results: tuple[DeliverResult, ...] = ()
