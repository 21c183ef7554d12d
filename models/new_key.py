"""A new API key: what its owner is given once, and what is kept of it."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from uuid_utils.compat import uuid7

from models import keys
from models.errors import Invalid
from models.key_grant import Grant
from models.repositories.api_keys import NewKey


class Made(NamedTuple):
    """The key itself, for its owner's eyes, and the row that knows it by its SHA-256."""

    secret: str
    row: NewKey


def new_key(
    application_id: UUID, name: str, owner: str, grant: Grant, lineage_id: UUID | None = None
) -> Made:
    """Not yet kept: `api_keys.create` or `rotate` does that. Invalid, if it would have ended."""
    if grant.expires_at and grant.expires_at <= datetime.now(UTC):
        raise Invalid("lies in the past", field="expires_at", limit="now", reason="in_the_past")
    secret = keys.new()
    row = NewKey(
        id=uuid7(),
        application_id=application_id,
        name=name,
        owner=owner,
        sha256=keys.digest(secret),
        last_four=secret[-4:],
        scopes=list(dict.fromkeys(grant.scopes)),
        expires_at=grant.expires_at,
        requests_per_second=grant.requests_per_second,
        lineage_id=lineage_id,
    )
    return Made(secret, row)
