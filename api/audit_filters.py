"""What the audit log is filtered by, for the API and the console."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from api.fields import ONE_LINE, Time
from models.errors import Invalid
from models.repositories.audit_entries import Filters

Word = Annotated[str, Field(max_length=200, pattern=ONE_LINE)]


class AuditQuery(BaseModel):
    """All that are given must hold."""

    actor_id: UUID | None = Field(None, description="of the key, or the member of the staff")
    actor: Word | None = Field(None, description="their name, exactly")
    action: Word | None = Field(None, examples=["key.create"])
    subject_kind: Word | None = None
    subject_id: Word | None = None
    since: Time | None = Field(None, alias="from", description="then or later; RFC 3339")
    until: Time | None = Field(None, alias="to", description="before then")


async def _filters(asked: Annotated[AuditQuery, Query()]) -> Filters:
    if asked.since and asked.until and asked.since >= asked.until:
        raise Invalid("`from` must lie before `to`", field="from", reason="contradicting_filters")
    return Filters(**dict(asked))


AuditFilters = Annotated[Filters, Depends(_filters)]
