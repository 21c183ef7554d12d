"""Members of the staff with browsers of their own, and the console's clock."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import httpx
from api_in_process import Api
from argon2 import PasswordHasher
from listening_api import app_of
from uuid_utils.compat import uuid7

from api.console.cookies import digest, form_token, new_token
from api.console.state import Console
from models import database, passwords
from models.repositories import staff, staff_sessions
from models.repositories.staff import NewMember
from models.roles import Role
from models.sessions import Sessions

HOST = "console.example"
ORIGIN = f"https://{HOST}"
NUMBERS = count(1)
PASSWORD = "correct horse battery staple"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')
FORM_ID = re.compile(r'name="form_id" value="([0-9a-f-]{36})"')


class Counted(passwords.Passwords):
    """How often a password was compared; each takes the same time."""

    def __init__(self) -> None:
        super().__init__(QUICK)
        self.compared = 0

    def _verified(self, kept: str, password: str) -> bool:
        self.compared += 1
        return super()._verified(kept, password)


class Clock:
    """What time the console thinks it is."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Browser:
    """One with a cookie jar; sends what browsers send."""

    http: httpx.AsyncClient

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.http.get(f"/console{path}", **more)

    async def page(self, path: str) -> str:
        """Its text; it must be there."""
        answer = await self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.text

    async def form_of(self, path: str) -> dict[str, str]:
        """The hidden fields of the forms of a page."""
        page = await self.page(path)
        once = FORM_ID.search(page)
        token = TOKEN.search(page)
        assert token, page
        return {"form_token": token[1]} | ({"form_id": once[1]} if once else {})

    async def post(self, path: str, fields: dict[str, Any], **headers: str) -> httpx.Response:
        """As it is, without a token unless one is in it."""
        sent = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **headers}
        return await self.http.post(f"/console{path}", data=fields, headers=sent)

    async def send(self, page: str, path: str, **fields: Any) -> httpx.Response:
        """A form of that page, filled in."""
        return await self.post(path, {**await self.form_of(page), **fields})

    async def log_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        return await self.send("/login", "/login", email=email, password=password)


@dataclass
class Desk:
    """The console and its people; `staff` by role, each logged in."""

    api: Api
    console: Console
    clock: Clock
    sessions: Sessions
    staff: dict[str, Browser]

    def browser(self) -> Browser:
        """One that nobody has used."""
        app = app_of(self.api)
        client = f"10.0.{next(NUMBERS) // 250}.{next(NUMBERS) % 250}", 12345
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=client)
        return Browser(httpx.AsyncClient(transport=transport, base_url=ORIGIN))

    async def hire(self, role: str, *applications: str, email: str = "") -> tuple[UUID, str]:
        """A new member: id and email."""
        id = uuid7()
        email = email or f"{role}-{id.hex[-12:]}@example.com"
        kept = await self.console.passwords.hash(PASSWORD)
        async with self.sessions.begin() as session:
            await staff.insert(
                session, NewMember(id, email, role.title(), role, kept), applications
            )
        return id, email

    async def at_work(self, role: str, *applications: str, email: str = "") -> Browser:
        """A new member's browser, with a live session."""
        id, _ = await self.hire(role, *applications, email=email)
        browser, token = self.browser(), new_token()
        async with self.sessions.begin() as session:
            await staff_sessions.begin(session, digest(token), id, self.clock())
        self.carry(browser, token)
        return browser

    def carry(self, browser: Browser, token: str) -> None:
        """This is the browser's session from now on."""
        browser.http.cookies.set(self.console.cookies.name(), token, domain=HOST)

    def form_token(self, browser: Browser) -> str:
        """What the forms of its pages carry."""
        return form_token(self.token_of(browser))

    def token_of(self, browser: Browser) -> str:
        return browser.http.cookies.get(self.console.cookies.name(), "")


@asynccontextmanager
async def desk_of(api: Api, database_url: str) -> AsyncIterator[Desk]:
    console: Console = app_of(api).state.console
    console.passwords, console.clock = Counted(), Clock()
    engine = database.engine(database_url, pool=2)
    desk = Desk(api, console, console.clock, Sessions(engine), {})
    for role in Role:
        desk.staff[role] = await desk.at_work(role)
    yield desk
    await engine.dispose()
