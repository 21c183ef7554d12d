"""Audiences as rows: made, filled by an upload while it arrives, read, and made whole at once.

Callers own the transaction. The stored offset is the lock of an upload: whoever finds another one
than it has stored itself is not the only one, and writes nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.audience_rows import Row as Person
from models.audience_rows import row as stored_as
from models.errors import Conflict, InFlight, Invalid, NotFound
from models.messages import Channel
from models.person_fields import Refusal
from models.sessions import Session
from models.upload_lines import Parsed

Row = Mapping[str, Any]
MOST_REFUSALS = 10_000  # kept of an audience; all are counted
MOST_INLINE = 10_000
BREATHE_EVERY = 250  # people checked before others get their turn
ROW_COLUMNS = ("audience_id", "line", "address", "external_id", "name", "locale", "time_zone",
               "data")  # fmt: skip
REFUSAL_COLUMNS = ("audience_id", "line", "field", "reason", "detail")

INSERT = text("""
INSERT INTO audience (id, application_id, channel, kind, name, format, created_by)
VALUES (:id, :application_id, :channel, 'upload', :name, :format, :created_by)
""")
GET = text("""
SELECT a.*, (SELECT json_object_agg(reason, kept) FROM (
    SELECT reason, count(*) AS kept FROM audience_refusal WHERE audience_id = a.id GROUP BY reason
    ORDER BY kept DESC) r) AS reasons
FROM audience a WHERE a.id = :id AND a.application_id = :application_id
""")
STORE = text("""
UPDATE audience SET received_bytes = :offset, lines = :lines, rows = rows + :rows,
    refused = refused + :refused, header = COALESCE(CAST(:header AS jsonb), header),
    authors = CASE WHEN :by = ANY(authors) THEN authors ELSE authors || CAST(:by AS text) END
WHERE id = :id AND state = 'receiving' AND received_bytes = :expected
RETURNING refused
""")
COMPLETE = text("""
UPDATE audience SET state = 'complete', completed_at = now()
WHERE id = :id AND state = 'receiving' AND received_bytes = :expected RETURNING rows, refused
""")
REFUSALS = text("""
SELECT line, field, reason, detail FROM audience_refusal
WHERE audience_id = :id AND line > :after ORDER BY line LIMIT :limit
""")
# One look into the index for each: from the first line to the last, evenly.
SAMPLE = text("""
SELECT DISTINCT ON (r.line) r.line, r.address, r.external_id, r.name, r.locale, r.time_zone, r.data
FROM audience a CROSS JOIN generate_series(0, CAST(:size AS bigint) - 1) n CROSS JOIN LATERAL (
    SELECT * FROM audience_row WHERE audience_id = a.id AND line > n * a.lines / :size
    ORDER BY line LIMIT 1) r
WHERE a.id = :id ORDER BY r.line
""")
INSERT_INLINE = text("""
INSERT INTO audience (id, application_id, channel, kind, state, lines, rows, created_by,
    completed_at)
VALUES (:id, :application_id, :channel, 'inline', 'complete', :rows, :rows, :created_by, now())
""")


@dataclass(frozen=True, slots=True)
class NewAudience:
    """One that will be uploaded."""

    id: UUID
    application_id: UUID
    channel: str
    format: str
    name: str
    created_by: str


async def create(session: Session, new: NewAudience) -> None:
    """Make it, receiving and empty."""
    await session.execute(INSERT, asdict(new))


async def get(session: Session, application_id: UUID, id: UUID) -> Row:
    """The audience, with `reasons`: how many of the refusals that were kept have each."""
    values = {"id": id, "application_id": application_id}
    row = (await session.execute(GET, values)).mappings().one_or_none()
    if row is None:
        raise NotFound("no such audience", field="id")
    return dict(row)


def check_upload(row: Row, offset: int) -> None:
    """Conflict if no upload may go on from this offset; it says which one may."""
    if row["state"] != "receiving":
        detail = "the audience is complete, and never changes"
        raise Conflict(detail, field="state", reason="audience_complete")
    if row["received_bytes"] != offset:
        expected = row["received_bytes"]
        detail = f"{expected} bytes are stored: go on from there"
        raise Conflict(detail, field="Upload-Offset", limit=expected, reason="upload_offset")


async def store(session: Session, id: UUID, expected: int, parsed: Parsed, by: str) -> None:
    """Keep what was in a piece, how far that is, and whose. InFlight: another upload was faster."""
    position = parsed.position
    header = position.header.kept() if position.header else None
    values = {
        "id": id,
        "expected": expected,
        "by": by,
        "offset": position.offset,
        "lines": position.lines,
        "rows": len(parsed.rows),
        "refused": parsed.refused,
        "header": orjson.dumps(header).decode() if header else None,
    }
    refused = (await session.execute(STORE, values)).scalar_one_or_none()
    if refused is None:
        raise in_flight()
    room = max(0, MOST_REFUSALS - (refused - parsed.refused))
    await _copy(session, id, parsed.rows, parsed.refusals[:room])


async def complete(session: Session, id: UUID, expected: int) -> None:
    """Nothing is added from now on. Invalid: there was no row in it, neither good nor bad."""
    values = {"id": id, "expected": expected}
    row = (await session.execute(COMPLETE, values)).one_or_none()
    if row is None:
        raise in_flight()
    if not row.rows and not row.refused:
        raise Invalid("there is no row in it", field="body", reason="empty")


def in_flight() -> InFlight:
    """Somebody else uploads it."""
    detail = "another upload of this audience is under way"
    return InFlight(detail, field="id", retry_after_seconds=1)


async def refusals(session: Session, id: UUID, after: int, limit: int) -> list[Row]:
    """Those of the lines after this one, in their order."""
    values = {"id": id, "after": after, "limit": limit}
    return [dict(row) for row in (await session.execute(REFUSALS, values)).mappings()]


async def sample(session: Session, id: UUID, size: int) -> list[Row]:
    """Up to `size` rows, spread over the whole."""
    rows = (await session.execute(SAMPLE, {"id": id, "size": size})).mappings()
    return [dict(row) for row in rows]


async def inline(
    session: Session,
    application_id: UUID,
    channel: str,
    recipients: Sequence[Row],
    created_by: str,
) -> UUID:
    """A complete audience of these; Invalid names the first that cannot be one of it."""
    if not 1 <= len(recipients) <= MOST_INLINE:
        detail = f"{len(recipients)} recipients; want 1 to {MOST_INLINE}"
        raise Invalid(detail, field="recipients", limit=MOST_INLINE, reason="too_many")
    people: list[Person] = []
    for n, recipient in enumerate(recipients):
        try:
            people.append(stored_as(Channel(channel), n + 1, recipient))
        except Invalid as error:
            error.field = f"recipients.{n}.{error.field}"
            raise
        if n % BREATHE_EVERY == 0:
            await asyncio.sleep(0)
    id = uuid7()
    values = {
        "id": id,
        "application_id": application_id,
        "channel": channel,
        "rows": len(people),
        "created_by": created_by,
    }
    await session.execute(INSERT_INLINE, values)
    await _copy(session, id, people, [])
    return id


async def _copy(
    session: Session, id: UUID, people: Sequence[Person], refused: Sequence[Refusal]
) -> None:
    if people:
        await session.copy("audience_row", ROW_COLUMNS, [(id, *person) for person in people])
    if refused:
        rows = [(id, *refusal) for refusal in refused]
        await session.copy("audience_refusal", REFUSAL_COLUMNS, rows)
