"""Applications by name. A misspelt name is refused: it must not become an application."""

from uuid import UUID

from sqlalchemy import text

from models.default_categories import CATEGORIES
from models.errors import Invalid, NotFound
from models.repositories import applications
from models.sessions import Session

NAMES = text("SELECT name, id FROM application ORDER BY name")
LONGEST = 100


async def known(session: Session, name: str) -> UUID:
    """The application's id; NotFound lists those there are."""
    ids: dict[str, UUID] = {row.name: row.id for row in await session.execute(NAMES)}
    if name in ids:
        return ids[name]
    there = f"there are {', '.join(ids)}" if ids else "there is none yet"
    raise NotFound(f"no application {name!r}; {there}. `keys create --new-application` makes one")


async def made(session: Session, name: str) -> UUID:
    """The application, with the default categories it needs to send; as it is if it is there."""
    if not name or name != name.strip() or len(name) > LONGEST or not name.isprintable():
        raise Invalid(f"--application {name!r}: want 1 to {LONGEST} characters, no blank around")
    id = await applications.ensure(session, name)
    await applications.add_categories(session, id, CATEGORIES)
    return id
