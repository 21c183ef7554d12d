"""A line of a group's members: whom it names."""

from collections.abc import Mapping
from typing import Any

from models.errors import Invalid
from models.person_fields import Refusal
from models.profile_rows import external_id

FIELDS = ("external_id",)
Row = tuple[int, str]


def checked(line: int, raw: Mapping[str, Any]) -> Row | Refusal:
    """The line and the external id; or why not."""
    try:
        return line, external_id(raw.get("external_id"))
    except Invalid as error:
        return Refusal(line, error.field or "", error.reason, str(error))
