"""What a list's filters mean in ids, and where to look for what they let through."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from models.errors import Invalid
from models.listing import LISTED_AS, STATUSES, pairs_of
from models.notification_filters import Filters
from models.sessions import Session
from models.status import Status

FEW_MEMBERS = 200  # of more, a part is told for each of many rows sooner than asked for by each
MOST_MEMBERS = 2000  # of still more, they are not asked
CLOCKS = timedelta(seconds=10)  # an id is older or newer than its row by less than this
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
# Before the end, only the rows tell one status from the other: are there messages, is it due?
DECIDED = {Status.SCHEDULED: False, Status.ACCEPTED: False, Status.PROCESSING: True}
DUE = {Status.SCHEDULED: False, Status.ACCEPTED: True}

NAMES = text("""
SELECT (SELECT id FROM category WHERE application_id = :application_id AND name = :category)
           AS category_id,
       ARRAY(SELECT q.id FROM profile p
             CROSS JOIN LATERAL (SELECT COALESCE(p.merged_into, p.id) AS id) stays
             CROSS JOIN LATERAL (
                 SELECT stays.id UNION SELECT m.id FROM profile m WHERE m.merged_into = stays.id) q
             WHERE p.application_id = :application_id
             AND (p.id = CAST(:profile_id AS uuid) OR p.external_id = CAST(:profile AS text)))
           AS profile_ids,
       (SELECT id FROM profile_group WHERE application_id = :application_id AND name = :group)
           AS group_id,
       (SELECT count(*) FROM (
           SELECT FROM profile_group g JOIN group_member m ON m.group_id = g.id
           WHERE g.application_id = :application_id AND g.name = :group LIMIT :most) m)
           AS members,
       ARRAY(SELECT k.id FROM notification_kind k
             WHERE k.application_id = :application_id
             AND (CAST(:category AS text) IS NULL OR k.category_id = (
                 SELECT id FROM category WHERE application_id = :application_id
                 AND name = :category))
             AND (CAST(:priority AS text) IS NULL OR k.priority = :priority)
             AND (CAST(:channel AS text) IS NULL OR :channel = ANY(k.channels)))
           AS kinds
""")


@dataclass(frozen=True, slots=True)
class Source:
    """Where to look, and what is particular to it.

    `exact`: whatever it finds is let through. `reads_rows`: only the rows tell what is.
    """

    name: str
    values: Mapping[str, Any]
    exact: bool = False
    reads_rows: bool = False


async def asked(
    session: Session, application_id: UUID, filters: Filters, after: UUID | None
) -> tuple[dict[str, Any], list[Source]]:
    """The filters as values, and the sources, the most telling first; Invalid: no such thing."""
    profile_id = _uuid(filters.profile)
    values: dict[str, Any] = {
        "application_id": application_id,
        "category": filters.category,
        "priority": filters.priority,
        "channel": filters.channel,
        "profile": filters.profile,
        "profile_id": profile_id,
        "group": filters.group,
        "most": MOST_MEMBERS + 1,
    }
    names = (await session.execute(NAMES, values)).one()
    if filters.category is not None and names.category_id is None:
        raise Invalid("no such category", field="category", reason="unknown_category")
    if filters.group is not None and names.group_id is None:
        raise Invalid("no such group", field="group", reason="unknown_group")
    # One that was deleted is still known by its id.
    profile_ids = names.profile_ids or ([profile_id] if profile_id else [])
    if filters.profile is not None and not profile_ids:
        raise Invalid("no such profile", field="profile", reason="unknown_profile")
    found = values | _statuses(filters.status) | _range(filters, after)
    found |= {
        "kinds": names.kinds,
        "of_profiles": filters.profile is not None,
        "profile_ids": profile_ids,
        "group_id": names.group_id,
        "metadata": orjson.dumps(filters.metadata).decode(),
    }
    return found, list(_sources(application_id, filters, names.members))


def _sources(application_id: UUID, filters: Filters, members: int) -> Iterator[Source]:
    """The most telling first."""
    pairs = pairs_of(application_id, filters.metadata)
    rows = filters.group is not None or filters.status in DECIDED
    own: dict[str, Any] = {"pair": None, "pairs": pairs}
    if filters.profile is not None:
        yield Source("profile", own, reads_rows=rows)
    for pair in pairs:
        others = [other for other in pairs if other != pair]
        exact = not (others or rows or filters.profile or filters.status)
        yield Source("metadata", {"pair": pair, "pairs": others}, exact, rows)
    of_members = Source("members", own, reads_rows=filters.status in DECIDED)
    if filters.group is not None and members <= FEW_MEMBERS:
        yield of_members
    if filters.status or not (filters.profile or pairs):
        exact = not (pairs or rows or filters.profile)
        yield Source("listings", {**own, "of_status": False}, exact, rows)
    if filters.group is not None and FEW_MEMBERS < members <= MOST_MEMBERS:
        yield of_members


def _statuses(status: Status | None) -> dict[str, Any]:
    if status is None:
        return {"of_status": False, "listed_as": list(STATUSES), "decided": None, "due": None}
    return {
        "of_status": True,
        "listed_as": list(LISTED_AS[status]),
        "decided": DECIDED.get(status),
        "due": DUE.get(status),
    }


def _uuid(words: str | None) -> UUID | None:
    try:
        return UUID(words) if words else None
    except ValueError:
        return None


def _range(filters: Filters, after: UUID | None) -> dict[str, Any]:
    before = _id_of(filters.until + CLOCKS) if filters.until else LAST
    return {
        "since": filters.since,
        "until": filters.until,
        "since_id": _id_of(filters.since - CLOCKS) if filters.since else FIRST,
        "before_id": min(before, after) if after else before,
    }


def _id_of(at: datetime) -> UUID:
    """The smallest UUIDv7 of that moment."""
    milliseconds = min(max(int(at.timestamp() * 1000), 0), 2**48 - 1)
    return UUID(int=milliseconds << 80)
