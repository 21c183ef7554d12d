"""People with keys of their own in one application, and what they do with its campaigns."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from api_in_process import SECRET_KEYS
from own_application import OwnApplication
from temporalio.testing import ActivityEnvironment
from uuid_utils.compat import uuid7

from activities.campaign_steps import CampaignActivities
from activities.prepare_campaign import Limits, PrepareActivities
from models import database, keys
from models.campaign_steps import ApprovalAsked, Step
from models.repositories import api_keys
from models.repositories.api_keys import NewKey
from models.sessions import Sessions

CAMPAIGNS = "/v1/campaigns"
CONTENT = {"sms": {"text": "News for {{ name }}"}}
UNHURRIED = Limits(two_approvers_above=500_000, most_people=1_000_000)


def number(n: int) -> str:
    """An address on the channel that tests use most."""
    return f"+49151{n:08}"


def draft(*people: int, **changes: Any) -> dict[str, Any]:
    """A campaign by SMS to these, but for what is changed."""
    recipients = [{"to": number(n), "data": {"name": f"P{n}"}} for n in people or (1,)]
    body = {
        "name": "November news",
        "channel": "sms",
        "content": CONTENT,
        "audience": {"recipients": recipients},
        "category": "newsletter",
    }
    return {**body, **changes}


@dataclass(frozen=True)
class Person:
    """Somebody with a key; asks for campaigns by their id alone."""

    owner: str
    key: str
    http: httpx.AsyncClient

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        return await self.http.request(method, f"{CAMPAIGNS}{path}", headers=headers, **more)

    async def make(self, *people: int, **changes: Any) -> str:
        """A draft's id."""
        return (await self.gets("POST", "", 201, json=draft(*people, **changes)))["id"]

    async def gets(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """The answer, which must have this status."""
        answer = await self.ask(method, path, **more)
        assert answer.status_code == status, (method, path, answer.text)
        return answer.json()

    async def see(self, id: str) -> dict[str, Any]:
        return await self.gets("GET", f"/{id}")

    async def edit(self, id: str, **changes: Any) -> httpx.Response:
        return await self.ask("PATCH", f"/{id}", json=changes)

    async def do(self, id: str, what: str, **body: Any) -> httpx.Response:
        """One of the moves; those that take a body get it."""
        return await self.ask("POST", f"/{id}/{what}", json=body or None)

    async def approve(self, id: str, hash: str | None = None) -> httpx.Response:
        """What it is now, unless a hash is given."""
        return await self.do(id, "approve", hash=hash or (await self.see(id))["content_hash"])

    async def events(self, id: str) -> list[dict[str, Any]]:
        return (await self.gets("GET", f"/{id}/events?limit=500"))["items"]

    async def refusals(self, id: str) -> list[tuple[str, str]]:
        """Who was refused as an approver, and why."""
        events = await self.events(id)
        return [(e["by"], e["reason"]) for e in events if e["kind"] == "approval_refused"]

    async def until(
        self, id: str, *statuses: str, when: Callable[[dict[str, Any]], bool] = lambda view: True
    ) -> dict[str, Any]:
        """What is seen once the status is one of these, half a minute at most."""
        view: dict[str, Any] = {}
        try:
            async with asyncio.timeout(30):
                while True:
                    view = await self.see(id)
                    if view["status"] in statuses and when(view):
                        return view
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"still {view['status']}: {view}") from None

    async def counted(self, id: str, when: Callable[[dict[str, int]], bool]) -> dict[str, int]:
        """The progress's counts, once they are as `when` says."""
        counts: dict[str, int] = {}
        try:
            async with asyncio.timeout(30):
                while True:
                    counts = (await self.gets("GET", f"/{id}/progress"))["counts"]
                    if when(counts):
                        return counts
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"still {counts}") from None


@dataclass(frozen=True)
class Team:
    """An application and three people of it, who may do everything with campaigns."""

    app: OwnApplication
    ada: Person
    grace: Person
    joan: Person
    database_url: str

    async def person(self, owner: str, *scopes: str) -> Person:
        return await _person(self.app, self.database_url, owner, *scopes)

    async def submitted(self, *people: int, **changes: Any) -> str:
        """By Ada."""
        id = await self.ada.make(*people, **changes)
        await self.ada.gets("POST", f"/{id}/submit", 202)
        return id


async def team_of(app: OwnApplication, database_url: str) -> Team:
    ada, grace, joan = [
        await _person(app, database_url, f"{name}@example.com") for name in ("ada", "grace", "joan")
    ]
    return Team(app, ada, grace, joan, database_url)


async def _person(app: OwnApplication, database_url: str, owner: str, *scopes: str) -> Person:
    key = keys.new()
    engine = database.engine(database_url, pool=1)
    async with Sessions(engine).begin() as session:
        new = NewKey(
            id=uuid7(),
            application_id=app.id,
            name="test",
            owner=owner,
            sha256=keys.digest(key),
            last_four=key[-4:],
            scopes=list(scopes or keys.SCOPES),
            expires_at=None,
        )
        await api_keys.insert(session, new)
    await engine.dispose()
    return Person(owner, key, app.http)


class ByHand:
    """What the workflow would do, when the test says so."""

    def __init__(self, sessions: Sessions, limits: Limits = UNHURRIED) -> None:
        self._prepare = PrepareActivities(sessions, limits)
        self._campaign = CampaignActivities(sessions, SECRET_KEYS)

    async def prepare(self, id: str) -> str:
        """The status that validation leads to."""
        run = ActivityEnvironment().run
        return await run(self._prepare.prepare_campaign, UUID(id))

    async def step(self, id: str) -> Step:
        return await ActivityEnvironment().run(self._campaign.campaign_step, UUID(id))

    async def signal(self, id: str, approver: str, code: str) -> str:
        """Why it does not count, or nothing."""
        asked = ApprovalAsked(UUID(id), approver, code)
        return await ActivityEnvironment().run(self._campaign.approve_campaign, asked)


@asynccontextmanager
async def by_hand(database_url: str, limits: Limits = UNHURRIED) -> Any:
    engine = database.engine(database_url, pool=4)
    yield ByHand(Sessions(engine), limits)
    await engine.dispose()
