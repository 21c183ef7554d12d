"""A campaign as a caller makes it: uploaded, submitted by one, approved by another, followed."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import httpx
from faults.stack import Stack, tidings

CONTENT = {"email": {"subject": "News for {{ name }}", "text": "Hello {{ name }}, it is Tuesday."}}
AGAIN = (409, 500, 502, 503, 504)

SENDING = """
SELECT count(*) FROM message WHERE owner_id = $1 AND phase = 'sending'
"""
RESULTS = """
SELECT COALESCE(result, phase) AS state, count(*) AS n FROM message WHERE owner_id = $1 GROUP BY 1
"""


class Campaign:
    """One campaign of a stack, with its author's and its approver's key."""

    def __init__(self, stack: Stack, author: str, approver: str) -> None:
        self.stack = stack
        self.id = ""
        self._http = httpx.AsyncClient(base_url=stack.facts["api"], timeout=30)
        self._author, self._approver = author, approver

    @classmethod
    async def of(cls, stack: Stack) -> "Campaign":
        author = await _key(stack, "ada", "campaigns:write,campaigns:read")
        approver = await _key(stack, "grace", "campaigns:approve,campaigns:read")
        return cls(stack, author, approver)

    async def close(self) -> None:
        await self._http.aclose()

    async def start(self, addresses: Iterator[str]) -> None:
        """Uploaded, submitted, approved."""
        audience = await self.ask(
            "POST", "/v1/audiences", json={"channel": "email", "format": "csv"}
        )
        rows = "".join(f"{to},Person {n}\n" for n, to in enumerate(addresses))
        path = f"/v1/audiences/{audience['id']}/content"
        await self.ask("PUT", path, content=f"to,name\n{rows}")
        body = {
            "name": "fault suite",
            "channel": "email",
            "category": "newsletter",
            "content": CONTENT,
            "audience": {"audience_id": audience["id"]},
        }
        self.id = (await self.ask("POST", "/v1/campaigns", json=body))["id"]
        await self.ask("POST", f"/v1/campaigns/{self.id}/submit")
        waiting = await self.until(lambda c: c["status"] == "pending_approval", 60)
        approval = {"hash": waiting["content_hash"]}
        path = f"/v1/campaigns/{self.id}/approve"
        await self.ask("POST", path, key=self._approver, json=approval)

    async def until(self, holds: Callable[[dict[str, Any]], bool], seconds: float) -> Any:
        """The campaign, once that is true of it."""
        return await self._until(f"/v1/campaigns/{self.id}", holds, seconds)

    async def progress(self, holds: Callable[[dict[str, int]], bool], seconds: float) -> Any:
        """Its progress, once that is true of its counts."""
        path = f"/v1/campaigns/{self.id}/progress"
        return await self._until(path, lambda progress: holds(progress["counts"]), seconds)

    async def sending(self) -> int:
        """How many are claimed and not recorded now."""
        async with asyncio.timeout(60):
            while True:
                try:
                    return int(await self._fetch(SENDING))
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await asyncio.sleep(0.1)  # it has just been killed

    async def results(self) -> dict[str, int]:
        """How many are where."""
        connection = await asyncpg.connect(self.stack.facts["database_url"])
        try:
            return dict(await connection.fetch(RESULTS, self.id))  # type: ignore[arg-type]
        finally:
            await connection.close()

    async def ask(self, method: str, path: str, *, key: str = "", **more: Any) -> Any:
        """The answer's body; asked again while a part is away."""
        headers = {"Authorization": f"Bearer {key or self._author}"}
        deadline = time.monotonic() + 60
        while True:
            try:
                answer = await self._http.request(method, path, headers=headers, **more)
            except httpx.TransportError:
                assert time.monotonic() < deadline, path
            else:
                if answer.status_code not in AGAIN or time.monotonic() > deadline:
                    assert answer.is_success, answer.text
                    return answer.json()
            await asyncio.sleep(0.2)

    async def _until(self, path: str, holds: Callable[[Any], bool], seconds: float) -> Any:
        deadline = time.monotonic() + seconds
        while not holds(found := await self.ask("GET", path)):
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.05)
        return found

    async def _fetch(self, query: str) -> Any:
        connection = await asyncpg.connect(self.stack.facts["database_url"], timeout=5)
        try:
            return await connection.fetchval(query, self.id)
        finally:
            await connection.close()


async def _key(stack: Stack, owner: str, scopes: str) -> str:
    code, out = await tidings(
        *("keys", "create", "--application", "demo", "--owner", owner, "--scopes", scopes),
        *("--json", "--data", str(stack.folder)),
    )
    assert code == 0, out
    return str(json.loads(out)["key"])
