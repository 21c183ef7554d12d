"""Profiles and groups of one application, as a test makes and asks for them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import orjson
from api_in_process import NOTIFICATIONS, Api, welcome
from uuid_utils.compat import uuid7

from activities.decide import DecideActivities
from models import database
from models.decision import Decision
from models.sessions import Sessions

PROFILES, GROUPS, SUPPRESSIONS = "/v1/profiles", "/v1/groups", "/v1/suppressions"
NDJSON = {"Content-Type": "application/x-ndjson"}


def email(address: str, **more: Any) -> dict[str, Any]:
    return {"channel": "email", "address": address, **more}


def sms(address: str, **more: Any) -> dict[str, Any]:
    return {"channel": "sms", "address": address, **more}


def lines(*records: Any) -> bytes:
    """As NDJSON."""
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


@dataclass(frozen=True)
class People:
    """Asks by one key; what is made here has an external id of its own."""

    api: Api
    key: str | None = None

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        named = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        headers = {**named, **more.pop("headers", {})}
        return await self.api.http.request(method, path, headers=headers, **more)

    async def gets(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """The answer, which must have this status."""
        answer = await self.ask(method, path, **more)
        assert answer.status_code == status, (method, path, answer.text)
        return answer.json() if answer.content else None

    async def make(self, *contacts: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A new profile."""
        body = {"external_id": f"person-{uuid7()}", "contacts": list(contacts), **more}
        return await self.gets("POST", PROFILES, 201, json=body)

    async def see(self, id: str) -> dict[str, Any]:
        return await self.gets("GET", f"{PROFILES}/{id}")

    async def upsert(self, content: Any, status: int = 200) -> Any:
        return await self.gets("POST", f"{PROFILES}/bulk", status, content=content, headers=NDJSON)

    async def group(self, *members: str, **more: Any) -> dict[str, Any]:
        """A new one, with these."""
        body = {"name": f"group-{uuid7()}", **more}
        group = await self.gets("POST", GROUPS, 201, json=body)
        if members:
            path = f"{GROUPS}/{group['id']}/members"
            await self.gets("POST", path, json={"add": list(members)})
        return group

    async def tell(self, profile_id: str, **more: Any) -> str:
        """A notification to it; nobody decides it yet."""
        body = welcome(to={"profile_id": profile_id}, **more)
        return (await self.gets("POST", NOTIFICATIONS, 202, json=body))["id"]

    async def notification(self, id: str) -> dict[str, Any]:
        return await self.gets("GET", f"{NOTIFICATIONS}/{id}")

    async def addresses(self, id: str) -> list[tuple[str, str | None]]:
        """Of its messages, with their results."""
        messages = (await self.notification(id))["messages"]
        return [(message["address"], message["result"]) for message in messages]


async def decide(database_url: str, id: str) -> Decision:
    """As its workflow would, now."""
    engine = database.engine(database_url, pool=1)
    try:
        return await DecideActivities(Sessions(engine)).decide(UUID(id))
    finally:
        await engine.dispose()


async def audited(api: Api, subject_id: str) -> list[tuple[str, str, str]]:
    """What the audit log says of it: action, kind and name of who did it."""
    rows = await api.database.fetch(
        "SELECT action, actor_kind, actor_name FROM audit_entry WHERE subject_id = $1"
        " ORDER BY number",
        subject_id,
    )
    return [tuple(row) for row in rows]
