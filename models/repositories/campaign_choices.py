"""What a campaign may be made of: published templates, categories and groups, by name."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from models.sessions import Session

MOST = 500

TEMPLATES = text("""
SELECT t.name, ARRAY(SELECT jsonb_object_keys(v.content) ORDER BY 1) AS channels
FROM template t JOIN template_version v ON v.id = t.published_version_id
WHERE t.application_id = :application_id AND t.archived_at IS NULL ORDER BY t.name LIMIT :most
""")
CATEGORIES = text("""
SELECT name FROM category
WHERE application_id = :application_id AND archived_at IS NULL AND priority <> 'high'
ORDER BY name LIMIT :most
""")
GROUPS = text("""
SELECT name FROM profile_group WHERE application_id = :application_id ORDER BY name LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class Choices:
    """Of one application. `templates`: name and channels."""

    templates: list[tuple[str, list[str]]]
    categories: list[str]
    groups: list[str]


async def load(session: Session, application_id: UUID) -> Choices:
    """All there are, within reason."""
    values = {"application_id": application_id, "most": MOST}
    templates = await session.execute(TEMPLATES, values)
    return Choices(
        [(row.name, list(row.channels)) for row in templates],
        [row.name for row in await session.execute(CATEGORIES, values)],
        [row.name for row in await session.execute(GROUPS, values)],
    )
