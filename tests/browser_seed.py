"""Something on each page of the console: an application with a bit of everything."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
from api_in_process import welcome
from console_visitors import PASSWORD
from own_application import OwnApplication, Vendors, own_application
from own_campaigns import Person, draft, team_of
from own_templates import Author
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models import database, passwords
from models.repositories import staff
from models.repositories.staff import NewMember
from models.roles import Role
from models.sessions import Sessions

APPLICATION = "newsroom"
RENAME = text("UPDATE application SET name = :name WHERE id = :id")


@dataclass
class Seeded:
    """What the tests of the browser find; `emails` by role, all with PASSWORD."""

    application: str
    app: OwnApplication
    ada: Person
    database_url: str
    emails: dict[str, str] = field(default_factory=dict)

    async def hire(self, role: str) -> str:
        """One more member of this application; gives the email."""
        return await self._hire(role, [self.application])

    async def hire_everywhere(self, role: str) -> str:
        """One of all applications."""
        return await self._hire(role, [])

    async def _hire(self, role: str, applications: list[str]) -> str:
        email = f"{role}-{uuid7().hex[-12:]}@example.com"
        kept = await passwords.Passwords().hash(PASSWORD)
        engine = database.engine(self.database_url, pool=1)
        async with Sessions(engine).begin() as session:
            new = NewMember(uuid7(), email, role.title(), role, kept)
            await staff.insert(session, new, applications)
        await engine.dispose()
        return email


async def seed(stack: Any) -> Seeded:
    http = httpx.AsyncClient(base_url=stack.api, timeout=20)
    vendors = Vendors(stack.mailbox, 9)
    accounts = [vendors.twilio(), vendors.sendgrid(), vendors.telegram()]
    app = await own_application(http, stack.database_url, stack.secret_keys, accounts)
    engine = database.engine(stack.database_url, pool=1)
    async with Sessions(engine).begin() as session:
        await session.execute(RENAME, {"id": app.id, "name": APPLICATION})
    await engine.dispose()
    team = await team_of(app, stack.database_url)
    seeded = Seeded(APPLICATION, app, team.ada, stack.database_url)
    for role in Role:
        seeded.emails[role] = await seeded.hire(role)
    await asyncio.gather(_campaigns(team), _messages(app), _templates(app), _people(app))
    return seeded


async def _campaigns(team: Any) -> None:
    ada, grace = team.ada, team.grace
    await ada.make(1, 2, name="Spring sale")
    waits = await team.submitted(3, 4, name="Opening hours")
    done = await team.submitted(5, 6, 7, name="November news")
    for id in (waits, done):
        await ada.until(id, "pending_approval")
    await grace.do(waits, "reject", hash=(await ada.see(waits))["content_hash"], reason="Not now")
    await ada.edit(
        waits, content={"sms": {"text": "Dear {{ name }}, from Monday we open at nine."}}
    )
    await ada.do(waits, "submit")
    await grace.approve(done)
    await ada.until(done, "completed")
    await ada.until(waits, "pending_approval")
    html = {"email": {"subject": "News for {{ name }}", "html": "<p>Hello <b>{{ name }}</b></p>"}}
    people = [{"to": "ada@example.com", "data": {"name": "Ada"}}]
    mail = draft(
        1, name="Newsletter", channel="email", content=html, audience={"recipients": people}
    )
    await ada.gets("POST", "", 201, json=mail)


async def _messages(app: OwnApplication) -> None:
    id = await app.accept()
    await app.until(id, "sent", "failed", "delivered")


async def _templates(app: OwnApplication) -> None:
    """One with a draft beside what is published."""
    author = Author(app)
    name = await author.make("Hello {{ name }},\nbye", "Hello {{ name }},\nciao", published=1)
    assert (await author.see(name))["latest"] == 2


async def _people(app: OwnApplication) -> None:
    """In a group, one of them merged, told something, and suppressed."""
    mail = {"channel": "email", "address": "ada@example.com"}
    sms = {"channel": "sms", "address": "+4915112345678"}
    for path, body in (
        ("/v1/profiles", {"external_id": "old-1", "name": "Ada"}),
        ("/v1/profiles", {"external_id": "1", "name": "Ada Lovelace", "contacts": [mail, sms]}),
        ("/v1/profiles/ext:old-1/merge", {"into": "ext:1"}),
        ("/v1/suppressions", {**sms, "reason": "requested"}),
        ("/v1/notifications", welcome(to={"external_id": "1"})),
    ):
        answer = await app.ask("POST", path, json=body)
        assert answer.is_success, answer.text
    group = (await app.ask("POST", "/v1/groups", json={"name": "engineers"})).json()
    joined = await app.ask("POST", f"/v1/groups/{group['id']}/members", json={"add": ["1"]})
    assert joined.json()["added"] == 1
