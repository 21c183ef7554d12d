"""PostgreSQL, its schema and its partitions, and what waits there for the relay."""

from datetime import timedelta

from sqlalchemy import text

from deploy.examining.finding import Finding, bad, unknown, well
from deploy.examining.place import Place
from deploy.local.refusal import CannotRun
from deploy.managing.database_trouble import told_in_one_line
from models import database, migrate
from models.repositories import backlog, partitions
from models.sessions import Session, Sessions

WITHIN_SECONDS = 5
LONGEST_LAG = timedelta(seconds=60)  # the relay takes over after five
ENOUGH_DAYS = 2
REVISION = text("SELECT version_num FROM alembic_version")
OF_THE_SCHEMA = ("migrations", "partitions", "relay")


async def examine(place: Place) -> list[Finding]:
    """All that PostgreSQL can tell."""
    engine = database.engine(
        place.database_url, pool=1, name="tidings doctor", patience_seconds=WITHIN_SECONDS
    )
    sessions = Sessions(engine)
    try:
        with told_in_one_line(place.database_url):
            async with sessions.begin() as session:
                version = (await session.execute(text("SHOW server_version"))).scalar_one()
        found = [well("PostgreSQL", f"answers, version {version}")]
        try:
            with told_in_one_line(place.database_url):
                async with sessions.begin() as session:
                    found += [await _schema(session), await _days(session)]
                    return [*found, await _lag(session, place)]
        except CannotRun as error:
            return [*found, bad("migrations", str(error), "tidings migrate")]
    except CannotRun as error:
        down = bad("PostgreSQL", str(error), place.start("the server that the URL names"))
        return [down, *(unknown(part, "PostgreSQL") for part in OF_THE_SCHEMA)]
    finally:
        await engine.dispose()


async def _schema(session: Session) -> Finding:
    found, wanted = (await session.execute(REVISION)).scalar_one_or_none() or "", migrate.head()
    if found < wanted:
        detail = f"the schema is at {found or 'nothing'}, this build needs {wanted}"
        return bad("migrations", detail, "tidings migrate")
    return well("migrations", f"the schema is at {found}")


async def _days(session: Session) -> Finding:
    days = await partitions.days_ahead(session)
    if days < ENOUGH_DAYS:
        return bad("partitions", f"room for {days} more days", "tidings migrate makes them")
    return well("partitions", f"room for {days} more days")


async def _lag(session: Session, place: Place) -> Finding:
    waits = await backlog.read(session)
    detail = f"{waits.waiting:,} starts wait, the first for {waits.oldest.total_seconds():,.0f} s"
    if waits.oldest > LONGEST_LAG:
        return bad("relay", detail, place.start("tidings relay"))
    return well("relay", detail if waits.waiting else "no start waits for it")
