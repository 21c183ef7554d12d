"""Profiles made and changed by a file of NDJSON, and which of its lines were refused."""

from fastapi import Request, Response

from api import profile_bulk
from api.console.routes import pages
from api.console.visits import Author
from api.deps import Begin
from api.ndjson_intake import MOST_LINES
from models.repositories import audit_log

router = pages("/profiles/bulk")
SHOWN = 200  # refusals


@router.get("")
async def choose(visit: Author) -> Response:
    """The form for a file."""
    return visit.render("profiles/bulk.html", most=MOST_LINES)


@router.post("")
async def upload(visit: Author, request: Request, begin: Begin) -> Response:
    """The file as it is: lines are stored while they arrive, as the API does it."""
    async with begin() as session:
        await audit_log.append(
            session, visit.entry("profile.upload", "application", visit.application_id)
        )
    done = await profile_bulk.upserted(request, begin, visit.application_id)
    # What sends a file is our own script, which takes a part of a page alone.
    shown = "profiles/uploaded.html"
    return visit.instead(shown, shown, done=done, most=SHOWN)
