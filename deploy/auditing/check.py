"""What one check of the audit is: a sentence that must hold, and the SQL that finds who breaks it.

The SQL gives one column, the offender's id, and no addresses: what an audit prints is mailed round.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """`name` is stable; `of` names the count of what was looked at."""

    name: str
    holds: str
    of: str
    sql: str
    only_if: str = ""  # checked only with this option
