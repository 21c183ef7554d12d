"""Under which status a notification is listed, as SQL; how far one got, from its messages.

The order is `models.status`'s; a test holds this SQL against its pure function.
"""

from models.status import FURTHEST as ORDER
from models.status import Status


def _place(status: Status) -> int:
    return ORDER.index(status) + 1


# Of an ended message `m`: its place in FURTHEST; the smallest of a notification's speaks for all.
REACHED = f"""
CASE m.result
    WHEN 'sent' THEN CASE
        WHEN m.opened_at IS NOT NULL THEN {_place(Status.OPENED)}
        WHEN m.receipt = 'delivered' THEN {_place(Status.DELIVERED)}
        WHEN m.receipt = 'failed' THEN {_place(Status.FAILED)}
        ELSE {_place(Status.SENT)} END
    WHEN 'unknown' THEN {_place(Status.UNKNOWN)}
    WHEN 'refused' THEN {_place(Status.FAILED)}
    WHEN 'expired' THEN {_place(Status.EXPIRED)}
    WHEN 'cancelled' THEN {_place(Status.CANCELLED)}
    WHEN 'suppressed' THEN {_place(Status.SUPPRESSED)} END
"""
FURTHEST = f"CAST(ARRAY[{', '.join(repr(s.value) for s in ORDER)}] AS text[])"
