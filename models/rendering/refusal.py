"""How rendering says no: always Invalid, always with the line of the template.

Details name what the author wrote and never a value of the data: they go to answers and timelines.
"""

from models.errors import Invalid

MAX_DETAIL = 200  # characters: a name in a template may be 256 KiB long


def refusal(
    reason: str,
    detail: str,
    *,
    line: int | None = None,
    limit: int | str | None = None,
    field: str = "template",
) -> Invalid:
    """The error to raise; whoever knows the field's full path sets `field` anew."""
    if len(detail) > MAX_DETAIL:
        detail = detail[: MAX_DETAIL - 1] + "…"
    text = detail if line is None else f"line {line}: {detail}"
    return Invalid(text, field=field, reason=reason, limit=limit)
