"""What a notification is listed under; pure.

Kinds and pairs are known by a hash, so accepting one asks for neither. `status` of a listing: an
end's public status; before it `scheduled` until its messages are decided, and `open`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from struct import Struct
from uuid import UUID

from models.status import FURTHEST, Status

FIRST_64_BITS = Struct(">q")
SCHEDULED, OPEN = "scheduled", "open"
STATUSES = (SCHEDULED, OPEN, *(status.value for status in FURTHEST))
# Where a list looks for those that have this status now.
LISTED_AS: Mapping[Status, tuple[str, ...]] = {
    **{status: (status.value,) for status in FURTHEST},
    Status.SCHEDULED: (SCHEDULED,),
    Status.ACCEPTED: (OPEN, SCHEDULED),  # it is due, and nobody has decided yet
    Status.PROCESSING: (OPEN,),
}


def kind_of(application_id: UUID, category_id: UUID, priority: str, channels: Sequence[str]) -> int:
    """All that is fixed at acceptance and common to many."""
    return _kind(application_id, category_id, priority, tuple(channels))


@lru_cache(maxsize=4096)
def _kind(application_id: UUID, category_id: UUID, priority: str, channels: tuple[str, ...]) -> int:
    return _hash(f"{application_id}/{category_id}/{priority}/{','.join(channels)}")


def pairs_of(application_id: UUID, metadata: Mapping[str, str]) -> list[int]:
    """The entries of the metadata."""
    application = _words_of(application_id)
    return [_hash(f"{application}/{key}/{value}") for key, value in metadata.items()]


@lru_cache(maxsize=4096)
def _words_of(id: UUID) -> str:
    """They take longer than a hash."""
    return str(id)


def _hash(words: str) -> int:
    """64 bits, as PostgreSQL's bigint has them."""
    return int(FIRST_64_BITS.unpack_from(sha256(words.encode()).digest())[0])
