"""What was accepted before, held against all the rules of today: to be edited, or sent again."""

from typing import Any

from sqlalchemy import RowMapping as Row

from api.bodies import wanted
from models.acceptance import Accepted, Request, accept
from models.notification_again import of_its_version
from models.repositories import notification_edits, references
from models.repositories.templates import VersionCache
from models.sessions import Session


async def accepted_again(
    session: Session,
    row: Row,
    request: Request,
    versions: VersionCache,
    *,
    published: bool = False,
    may_raise: bool,
) -> Accepted:
    """`published`: by the template's version of now, not by the one it was accepted with."""
    found = await references.load(session, row["application_id"], wanted([request]))
    if request.template and not published:
        version = await notification_edits.version(session, row["template_version_id"])
        found = of_its_version(found, row, version)
    ids: list[Any] = [template.version_id for template in found.templates.values()]
    contents = await versions.load(session, ids if request.template else [])
    return accept(request, found, contents, may_raise_priority=may_raise)
