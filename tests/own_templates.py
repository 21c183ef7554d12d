"""Templates of an application of a test's own, by API."""

from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
from own_application import OwnApplication

NAMES = count(1)
SMS = "Hello {{ name }}"


def sms(text: str = SMS) -> dict[str, Any]:
    """A content that has this one text."""
    return {"sms": {"default": {"text": text}}}


@dataclass(frozen=True)
class Author:
    """Somebody with every scope; asks for templates by their names alone."""

    app: OwnApplication

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return await self.app.ask(method, f"/v1/templates{path}", **more)

    async def gets(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """The answer, which must have this status."""
        answer = await self.ask(method, path, **more)
        assert answer.status_code == status, (method, path, answer.text)
        return answer.json() if answer.content else None

    async def make(self, *texts: str, published: int = 0, **more: Any) -> str:
        """A template's name, with a version for each text, of which one may be published."""
        name = f"letter-{next(NAMES)}"
        first, *others = texts or (SMS,)
        body = {"name": name, "content": sms(first), **more}
        await self.gets("POST", "", 201, json=body)
        for text in others:
            await self.gets("POST", f"/{name}/versions", 201, json={"content": sms(text)})
        if published:
            await self.publish(name, published)
        return name

    async def publish(self, name: str, version: int, **body: Any) -> Any:
        return await self.gets("POST", f"/{name}/versions/{version}/publish", json=body)

    async def see(self, name: str) -> Any:
        return await self.gets("GET", f"/{name}")

    async def send(self, template: str, **data: Any) -> httpx.Response:
        body = {"to": {"sms": "+4915112345678"}, "template": template, "data": data}
        return await self.app.ask("POST", "/v1/notifications", json=body)

    async def sent_version(self, name: str) -> int:
        """The version that a notification of now has."""
        answer = await self.send(name)
        assert answer.status_code == 202, answer.text
        view = await self.app.seen(answer.json()["id"])
        return view["template_version"]

    async def audited(self, database: Any, subject: str) -> list[tuple[str, dict[str, Any]]]:
        """The application's entries of the audit log that name it."""
        rows = await database.fetch(
            "SELECT action, detail::jsonb - 'name' AS detail, actor_kind, actor_name"
            " FROM audit_entry WHERE application_id = $1 AND detail->>'name' = $2 ORDER BY number",
            self.app.id,
            subject,
        )
        assert {(row["actor_kind"], row["actor_name"]) for row in rows} <= {("key", "test")}
        return [(row["action"], row["detail"]) for row in rows]
