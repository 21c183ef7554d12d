"""What callers send and see of groups and their members."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.bodies import Body
from api.fields import ONE_LINE
from api.profile_bodies import ExternalId, Revision
from api.profile_views import RefusalLine
from models.repositories.groups import Row

MOST_MEMBERS = 1000  # of one JSON list
GroupName = Annotated[str, Field(min_length=1, max_length=100, pattern=ONE_LINE)]
Description = Annotated[str, Field(max_length=500, pattern=ONE_LINE)]
ExternalIds = Annotated[list[ExternalId], Field(max_length=MOST_MEMBERS)]


def _shown(example: dict[str, JsonValue]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class GroupCreate(Body):
    """A named set of profiles; a campaign names it as its audience."""

    model_config = _shown({"name": "engineers", "description": "everyone who builds"})

    name: GroupName
    description: Description = ""


class GroupPatch(Body):
    """What changes; the rest stays."""

    model_config = _shown({"revision": 1, "description": "everyone who builds or mends"})

    revision: Revision
    name: GroupName | None = None
    description: Description | None = None


class MembersChange(Body):
    """Who comes and who goes, by `external_id`."""

    model_config = _shown({"add": ["4711", "4712"], "remove": ["4713"]})

    add: Annotated[ExternalIds, Field(default_factory=list)]
    remove: Annotated[ExternalIds, Field(default_factory=list)]


class MembersReplace(Body):
    """These, and nobody else."""

    model_config = _shown({"external_ids": ["4711", "4712"]})

    external_ids: ExternalIds


class GroupView(BaseModel):
    """A group, and how many are in it."""

    id: UUID
    name: str
    description: str
    members: int
    revision: int
    created_at: datetime
    updated_at: datetime


class GroupPage(BaseModel):
    """A page of them; `next`: the cursor of the page after."""

    items: list[GroupView]
    next: str | None


class MembersView(BaseModel):
    """What changed. `unknown`: external ids of no profile; all others are as was asked."""

    added: int
    removed: int
    members: int
    unknown: list[str]


class MembersBulkView(BaseModel):
    """What changed, and which lines were refused: the first of them, `refused` counts all."""

    lines: int = Field(description="that are not blank")
    added: int
    removed: int
    members: int
    refused: int
    refusals: list[RefusalLine]


def group_view(row: Row) -> GroupView:
    """From the repository's row."""
    return GroupView(**{name: row[name] for name in GroupView.model_fields})


def members_view(row: Row, **changed: Any) -> MembersView:
    """The group as it is now, and what has changed."""
    return MembersView(members=row["members"], **changed)
