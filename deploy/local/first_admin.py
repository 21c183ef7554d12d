"""The console's first admin: made when there is no staff yet; the password is shown once."""

import json

from uuid_utils.compat import uuid7

from deploy.local.folder import DataFolder
from deploy.local.whole_file import write_whole
from models import database, passwords
from models.repositories import audit_log, staff
from models.repositories.audit_log import Actor, Entry
from models.repositories.staff import NewMember
from models.roles import Role
from models.sessions import Session, Sessions

EMAIL = "admin@example.com"


async def make(folder: DataFolder, database_url: str) -> None:
    """Make one, if there is nobody; the password waits in the folder until it is shown."""
    engine = database.engine(database_url, pool=1, name="tidings first admin")
    try:
        async with Sessions(engine).begin() as session:
            if not await staff.every(session):
                await _make(folder, session)
    finally:
        await engine.dispose()


def take(folder: DataFolder) -> dict[str, str] | None:
    """The first admin, if nobody was shown the password yet; the next time None."""
    try:
        found: dict[str, str] = json.loads(folder.first_admin.read_text())
    except FileNotFoundError:
        return None
    folder.first_admin.unlink()
    return found


async def _make(folder: DataFolder, session: Session) -> None:
    password = passwords.new()
    kept = await passwords.Passwords().hash(password)
    member = NewMember(uuid7(), EMAIL, "Admin", Role.ADMIN, kept)
    await staff.insert(session, member)
    actor = Actor("system", None, "tidings up")
    detail = {"role": member.role}
    await audit_log.append(
        session, Entry(actor, "staff.create", "staff", str(member.id), None, detail)
    )
    write_whole(folder.first_admin, json.dumps({"email": EMAIL, "password": password}))
