"""What notifications are listed by, as the query string says it."""

from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from api.fields import Time
from models.errors import Invalid
from models.messages import Channel
from models.notification_filters import Filters
from models.status import Status

METADATA = "metadata."
MOST_ENTRIES, LONGEST_KEY, LONGEST_VALUE = 5, 40, 500
# For the document: a parameter whose name goes on as the caller likes.
OF_METADATA: dict[str, Any] = {
    "parameters": [
        {
            "name": f"{METADATA}KEY",
            "in": "query",
            "required": False,
            "description": "an entry of the metadata, such as `metadata.order=4711`; up to five",
            "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_VALUE},
        }
    ]
}


class FilterQuery(BaseModel):
    """The filters that have names."""

    category: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    priority: Literal["high", "medium", "low"] | None = None
    channel: Annotated[Channel, Field(description="among its channels")] | None = None
    status: Status | None = None
    profile: (
        Annotated[str, Field(min_length=1, max_length=200, description="its id, or yours for it")]
        | None
    ) = None
    group: (
        Annotated[str, Field(min_length=1, max_length=100, description="its name; members of now")]
        | None
    ) = None
    since: Time | None = Field(None, alias="from", description="accepted then or later; RFC 3339")
    until: Time | None = Field(None, alias="to", description="accepted before then")


async def _filters(request: Request, named: Annotated[FilterQuery, Query()]) -> Filters:
    query = request.query_params.multi_items()
    entries = [(n.removeprefix(METADATA), v) for n, v in query if n.startswith(METADATA)]
    return range_checked(Filters(**dict(named), metadata=metadata_of(entries)))


def range_checked(filters: Filters) -> Filters:
    """The filters, if their times do not contradict each other."""
    if filters.since and filters.until and filters.since >= filters.until:
        raise Invalid("`from` must lie before `to`", field="from", reason="contradicting_filters")
    return filters


def metadata_of(entries: list[tuple[str, str]]) -> dict[str, str]:
    """The entries that must all be there, within limits."""
    if len(entries) > MOST_ENTRIES:
        raise Invalid("too many", field="metadata", limit=MOST_ENTRIES, reason="too_many")
    for key, value in entries:
        field = f"{METADATA}{key[:100]}"
        if not 1 <= len(key) <= LONGEST_KEY:
            raise Invalid("a key has 1 to 40 characters", field=field, limit=LONGEST_KEY)
        if not 1 <= len(value) <= LONGEST_VALUE:
            detail = "give the value that it must have, of 1 to 500 characters"
            raise Invalid(detail, field=field, limit=LONGEST_VALUE, reason="metadata_without_value")
    return dict(entries)


NotificationFilters = Annotated[Filters, Depends(_filters)]
