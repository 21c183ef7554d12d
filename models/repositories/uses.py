"""What uses a template or a category: as long as something does, neither is put away.

An open notification is found by its running owner, or by the start that waits to share one: no
index on notifications, which every acceptance would pay for.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from models.errors import InUse
from models.sessions import Session

NAMED = 10  # of a kind at most

OPEN = """
SELECT n.id, n.template_version_id, n.category_id
FROM owner o JOIN notification n ON n.owner_id = o.id
WHERE o.application_id = :application_id AND o.status = 'running' AND o.kind <> 'campaign'
  AND n.ended_at IS NULL
UNION ALL
SELECT n.id, n.template_version_id, n.category_id
FROM workflow_start w JOIN notification n ON n.id = w.id
WHERE w.application_id = :application_id AND w.kind = 'shared' AND n.ended_at IS NULL
"""
CAMPAIGNS = """
SELECT 'campaign' AS kind, CAST(c.id AS text) AS id, c.name FROM campaign c
WHERE c.application_id = :application_id AND c.status NOT IN ('completed', 'cancelled')
"""
OF_TEMPLATE = text(f"""
WITH version AS (SELECT id FROM template_version WHERE template_id = :id)
({CAMPAIGNS} AND c.template_version_id IN (SELECT id FROM version) ORDER BY c.id LIMIT {NAMED})
UNION ALL
(SELECT 'notification', CAST(o.id AS text), '' FROM ({OPEN}) o
 WHERE o.template_version_id IN (SELECT id FROM version) LIMIT {NAMED})
""")  # noqa: S608 - our own constants
OF_CATEGORY = text(f"""
(SELECT 'template' AS kind, CAST(t.id AS text) AS id, t.name FROM template t
 WHERE t.application_id = :application_id AND t.category_id = :id AND t.archived_at IS NULL
 ORDER BY t.name LIMIT {NAMED})
UNION ALL
({CAMPAIGNS} AND c.category_id = :id ORDER BY c.id LIMIT {NAMED})
UNION ALL
(SELECT 'notification', CAST(o.id AS text), '' FROM ({OPEN}) o
 WHERE o.category_id = :id LIMIT {NAMED})
""")  # noqa: S608 - our own constants


async def refuse_if_template_is_used(session: Session, application_id: UUID, id: UUID) -> None:
    """InUse names what is open with one of its versions."""
    await _refuse(session, OF_TEMPLATE, application_id, id, "template")


async def refuse_if_category_is_used(session: Session, application_id: UUID, id: UUID) -> None:
    """InUse names what is open in it, and the templates that are in it."""
    await _refuse(session, OF_CATEGORY, application_id, id, "category")


async def _refuse(
    session: Session, query: TextClause, application_id: UUID, id: UUID, what: str
) -> None:
    values = {"application_id": application_id, "id": id}
    used_by = [dict(row) for row in (await session.execute(query, values)).mappings()]
    if used_by:
        raise InUse(f"the {what} is used by {_words(used_by)}", used_by)


def _words(used_by: list[dict[str, Any]]) -> str:
    named = [f"{use['kind']} {use['name'] or use['id']}" for use in used_by]
    more = " and others" if len(named) > NAMED else ""
    return ", ".join(named[:NAMED]) + more
