"""What callers send and see of audiences."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.bodies import Body
from api.fields import ONE_LINE
from models.messages import Channel
from models.repositories.audiences import MOST_REFUSALS, Row

EXAMPLE: dict[str, JsonValue] = {"channel": "email", "format": "csv", "name": "Spring news"}
VIEW: dict[str, JsonValue] = {
    "id": "01890000-0000-7000-8000-000000000000",
    "state": "receiving",
    "kind": "upload",
    "channel": "email",
    "format": "csv",
    "name": "Spring news",
    "offset": 1_048_497,
    "lines": 15_003,
    "rows": 15_000,
    "refused": 2,
    "reasons": {"email_invalid": 2},
    "without_contact": 0,
    "created_by": "grace",
    "created_at": "2030-01-31T09:00:00Z",
    "completed_at": None,
}
REFUSAL: dict[str, JsonValue] = {
    "line": 4711,
    "field": "to",
    "reason": "email_invalid",
    "detail": "not an email address (no @); want name@example.com",
}
PERSON: dict[str, JsonValue] = {
    "line": 2,
    "to": "ada@example.com",
    "id": "4711",
    "name": "Ada",
    "locale": "de",
    "time_zone": "Europe/Berlin",
    "data": {"order": "4711"},
}


def _shown(example: dict[str, JsonValue]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class AudienceCreate(Body):
    """What will be uploaded."""

    model_config = _shown(EXAMPLE)

    channel: Channel
    format: Literal["csv", "ndjson"] = "csv"
    name: Annotated[str, Field(max_length=200, pattern=ONE_LINE)] = ""


class AudienceDetailView(BaseModel):
    """An audience. `offset`: how many bytes of an upload are stored, in `lines` whole lines."""

    model_config = _shown(VIEW)

    id: UUID
    state: Literal["receiving", "complete"]
    kind: str
    channel: str
    format: str | None
    name: str
    offset: int
    lines: int
    rows: int
    refused: int
    reasons: dict[str, int] = Field(description=f"of the first {MOST_REFUSALS:,} refusals")
    without_contact: int
    created_by: str
    created_at: datetime
    completed_at: datetime | None


class RefusalView(BaseModel):
    """Why a line is not in the audience; an empty `field`: the line as a whole."""

    line: int
    field: str
    reason: str
    detail: str


class RefusalsView(BaseModel):
    """A page of them, by line. `next`: the `after` of the next page; null on the last."""

    model_config = _shown({"refusals": [REFUSAL], "next": None})

    refusals: list[RefusalView]
    next: int | None


class AudiencePersonView(BaseModel):
    """A row of the audience, as it is stored."""

    line: int
    to: str
    id: str
    name: str
    locale: str
    time_zone: str
    data: dict[str, JsonValue]


class AudienceSampleView(BaseModel):
    """Some of the audience, from its first row to its last."""

    model_config = _shown({"people": [PERSON]})

    people: list[AudiencePersonView]


def audience_view(row: Row) -> AudienceDetailView:
    """The whole."""
    derived = {"offset", "reasons"}
    return AudienceDetailView(
        **{name: row[name] for name in AudienceDetailView.model_fields if name not in derived},
        offset=row["received_bytes"],
        reasons=row["reasons"] or {},
    )


def refusals_view(rows: list[Row], limit: int) -> RefusalsView:
    """One row more than `limit` was asked for: it says whether there is a next page."""
    shown = [RefusalView(**row) for row in rows[:limit]]
    return RefusalsView(refusals=shown, next=shown[-1].line if len(rows) > limit else None)


def sample_view(rows: list[Row]) -> AudienceSampleView:
    """All of these."""
    return AudienceSampleView(people=[AudiencePersonView(**_person(row)) for row in rows])


def _person(row: Row) -> dict[str, Any]:
    renamed = {"address": "to", "external_id": "id"}
    return {renamed.get(name, name): value for name, value in row.items()}
