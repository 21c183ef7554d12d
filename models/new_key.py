"""A new API key: what its owner is given once, and what is kept of it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from uuid_utils.compat import uuid7

from models import keys
from models.key_grant import Grant
from models.repositories.api_keys import NewKey


class Made(NamedTuple):
    """The key itself, for its owner's eyes, and the row that knows it by its SHA-256."""

    secret: str
    row: NewKey


def new_key(
    application_id: UUID, name: str, owner: str, grant: Grant, lineage_id: UUID | None = None
) -> Made:
    """Not yet kept: `api_keys.create` or `rotate` does that."""
    secret = keys.new()
    expires_at: datetime | None = grant.expires_at
    row = NewKey(
        id=uuid7(),
        application_id=application_id,
        name=name,
        owner=owner,
        sha256=keys.digest(secret),
        last_four=secret[-4:],
        scopes=list(dict.fromkeys(grant.scopes)),
        expires_at=expires_at,
        requests_per_second=grant.requests_per_second,
        lineage_id=lineage_id,
    )
    return Made(secret, row)
