"""An application of a bench's own, made as an operator makes it: keys and one vendor account."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx

from tests.bench.letters import CATEGORY, CONTENT, csv
from tests.bench.rig import TIDINGS, Rig
from tests.bench.sinks import HOST, Sink

NUMBERS = count(1)
CHANNEL = {"smtp": "email", "twilio": "sms", "sendgrid": "email"}
WRITES = "campaigns:write,campaigns:read"
APPROVES = "campaigns:approve,campaigns:read"
WAITS = ("validating", "scheduled", "running")


@dataclass(frozen=True)
class Application:
    """Campaigns over one channel, which one sink serves; two people who approve."""

    client: httpx.AsyncClient
    api: str
    channel: str
    author: str
    approvers: tuple[str, str]

    async def ask(self, method: str, path: str, *, key: str = "", **more: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {key or self.author}", **more.pop("headers", {})}
        url = f"{self.api}/v1/{path}"
        response = await self.client.request(method, url, headers=headers, timeout=600, **more)
        assert response.is_success, f"{path}: {response.text}"
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer

    async def upload(self, people: int) -> str:
        """The id of a complete audience."""
        asked = {"channel": self.channel, "format": "csv"}
        id = str((await self.ask("POST", "audiences", json=asked))["id"])

        async def pieces() -> AsyncIterator[bytes]:
            for piece in csv(self.channel, people):
                yield piece

        headers = {"Content-Type": "text/csv"}
        await self.ask("PUT", f"audiences/{id}/content", content=pieces(), headers=headers)
        audience = await self.ask("GET", f"audiences/{id}")
        assert (audience["state"], audience["rows"]) == ("complete", people), audience
        return id

    async def submitted(self, audience_id: str, people: int) -> dict[str, Any]:
        """A campaign to it that waits for approval."""
        body = {
            "name": f"bench {self.channel}",
            "channel": self.channel,
            "category": CATEGORY[self.channel],
            "content": CONTENT[self.channel],
            "audience": {"audience_id": audience_id},
        }
        id = (await self.ask("POST", "campaigns", json=body))["id"]
        await self.ask("POST", f"campaigns/{id}/submit")
        campaign = await self.until(id, "pending_approval")
        assert campaign["people"] == people, campaign
        return campaign

    async def approve(self, campaign: dict[str, Any]) -> None:
        """By as many as it needs."""
        path = f"campaigns/{campaign['id']}/approve"
        for key in self.approvers[: campaign["approvals_needed"]]:
            await self.ask("POST", path, key=key, json={"hash": campaign["content_hash"]})

    async def cancel(self, id: str) -> None:
        await self.ask("POST", f"campaigns/{id}/cancel")

    async def until(self, id: str, status: str, seconds: float = 900) -> dict[str, Any]:
        """The campaign once it has that status, on the way to which it may only wait or run."""
        async with asyncio.timeout(seconds):
            while True:
                campaign = await self.ask("GET", f"campaigns/{id}")
                if campaign["status"] == status:
                    return campaign
                assert campaign["status"] in WAITS, campaign
                await asyncio.sleep(0.25)


async def application(rig: Rig, vendor: str, to: Sink) -> Application:
    """A new one, of which the sink is the only vendor."""
    name, channel = f"bench-{vendor}-{next(NUMBERS)}", CHANNEL[vendor]
    author = await _key(rig, name, "author", WRITES, "--new-application")
    await _tidings(
        *("vendors", "add", "--application", name, "--channel", channel, "--vendor", vendor),
        *("--name", f"{name}-sink", "--config", "-", "--data", rig.facts["data"]),
        said=json.dumps(settings(vendor, to)),
    )
    approvers = [await _key(rig, name, f"approver {n}", APPROVES) for n in (1, 2)]
    return Application(rig.client, rig.api, channel, author, (approvers[0], approvers[1]))


def settings(vendor: str, to: Sink) -> dict[str, object]:
    """The vendor account that leads to the sink."""
    by_vendor: dict[str, dict[str, object]] = {
        "smtp": {
            "host": HOST,
            "port": to.port,
            "tls": "none",
            "message_id_domain": "bench.example.com",
            "connections": 10,
        },
        "twilio": {"account_sid": "AC1", "auth_token": "sink", "base_url": to.url},
        "sendgrid": {"api_key": "SG.sink", "base_url": to.url},
    }
    sender = "+15005550006" if vendor == "twilio" else "Bench <bench@example.com>"
    return {**by_vendor[vendor], "sender": sender}


async def _key(rig: Rig, name: str, owner: str, scopes: str, *more: str) -> str:
    said = await _tidings(
        *("keys", "create", "--application", name, "--owner", owner, "--scopes", scopes),
        *(*more, "--json", "--data", rig.facts["data"]),
    )
    return str(json.loads(said)["key"])


async def _tidings(*command: str, said: str = "") -> bytes:
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        *TIDINGS, *command, stdin=pipe, stdout=pipe, stderr=pipe
    )
    out, err = await child.communicate(said.encode())
    assert child.returncode == 0, err.decode()
    return out
