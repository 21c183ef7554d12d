"""Applications by name. A misspelt name is refused: it must not become an application."""

from uuid import UUID

from sqlalchemy import text

from api.fields import time_zone
from models.errors import Invalid, NotFound
from models.rates import LEAST_PER_SECOND
from models.repositories import application_directory
from models.repositories.audit_log import Actor
from models.sessions import Session

NAMES = text("SELECT name, id FROM application ORDER BY name")
LONGEST = 100
MOST_PER_SECOND = 100_000


async def known(session: Session, name: str) -> UUID:
    """The application's id; NotFound lists those there are."""
    ids = await _ids(session)
    if name in ids:
        return ids[name]
    there = f"there are {', '.join(ids)}" if ids else "there is none yet"
    raise NotFound(f"no application {name!r}; {there}. `keys create --new-application` makes one")


async def made(session: Session, name: str, actor: Actor) -> UUID:
    """The application, with the default categories it needs to send; as it is if it is there."""
    check_name(name)
    ids = await _ids(session)
    return ids.get(name) or await application_directory.create(session, name, {}, actor)


def check_name(name: str, option: str = "--application") -> None:
    """Invalid if it would be hard to say."""
    if not name or name != name.strip() or len(name) > LONGEST or not name.isprintable():
        raise Invalid(f"{option} {name!r}: want 1 to {LONGEST} characters, no blank around")


def zone(name: str) -> str:
    """The time zone itself, if it is one."""
    if not name:
        raise Invalid("--time-zone: want one of the IANA database, such as Europe/Berlin")
    try:
        return time_zone(name)
    except Invalid as error:
        raise Invalid(f"--time-zone {name!r}: {error}") from None


def limit(said: str) -> float | None:
    """Requests a second; None: the usual."""
    if said == "none":
        return None
    try:
        number = float(said)
    except ValueError:
        number = 0
    if not LEAST_PER_SECOND <= number <= MOST_PER_SECOND:
        raise Invalid(
            f"--requests-per-second {said!r}: want a number from {LEAST_PER_SECOND:.5f}"
            f" to {MOST_PER_SECOND}, or none"
        )
    return number


async def _ids(session: Session) -> dict[str, UUID]:
    return {row.name: row.id for row in await session.execute(NAMES)}
