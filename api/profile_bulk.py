"""A bulk upsert of profiles: each block of lines is a transaction."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import Request

from api.deps import Begin
from api.ndjson_intake import NdjsonIntake
from api.profile_views import BulkView, refusal_lines
from models.person_fields import Refusal
from models.profile_rows import Row
from models.repositories import profile_upserts


async def upserted(request: Request, begin: Begin, application_id: UUID) -> BulkView:
    """What became of the lines."""
    created = updated = 0

    async def keep(rows: Sequence[Row]) -> Sequence[Refusal]:
        nonlocal created, updated
        async with begin() as session:
            done = await profile_upserts.upsert(session, application_id, rows)
        created += done.created
        updated += done.updated
        return done.refusals

    taken = await NdjsonIntake("profiles", keep).take(request)
    return BulkView(
        lines=taken.lines,
        created=created,
        updated=updated,
        unchanged=taken.lines - taken.refused - created - updated,
        refused=taken.refused,
        refusals=refusal_lines(taken.refusals),
    )
