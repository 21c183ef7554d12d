"""`python -m tests.replay.record`: histories of every workflow, from a whole stack of its own.

Run it after a change of a workflow; what was recorded before stays, under its name, and must go on
replaying until its `workflow.patched` is removed.
"""

import asyncio
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

HISTORIES = Path(__file__).parent / "histories"
CANARY = "Kanarienvogel"  # the name, and a part of every address: no history may hold it
PHONE = "+4915112348765"
CHAT = "987654321"
PROCESS = re.compile(r"\d+@[\w.-]+")  # who worked: a pid and the name of the machine
ROOT = Path(__file__).parents[2]


def body(to: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"to": to, "template": "welcome", "data": {"name": CANARY}, **more}


def email(n: int = 0, local: str = CANARY) -> dict[str, str]:
    return {"email": f"{local}+{n}@example.com"}


def later(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


@dataclass(frozen=True)
class Stack:
    """What the stories talk to."""

    api: httpx.AsyncClient
    sandbox: str
    temporal: Client
    keys: dict[str, str]  # of the author and of the approver of campaigns

    async def one(self, **more: Any) -> str:
        answer = await self.api.post("/v1/notifications", json=body(**more))
        return f"notification/{answer.raise_for_status().json()['id']}"

    async def many(self, *items: dict[str, Any]) -> tuple[str, list[str]]:
        answer = await self.api.post("/v1/notifications/batch", json={"items": items})
        view = answer.raise_for_status().json()
        owner = next(iter(view["batches"].values()))
        return f"batch/{owner}", [item["id"] for item in view["items"]]

    async def cancel(self, id: str) -> None:
        (await self.api.delete(f"/v1/notifications/{id}")).raise_for_status()

    async def started(self, workflow_id: str) -> None:
        """Wait until it has decided for the first time."""
        async with asyncio.timeout(30):
            while await self._length(workflow_id) < 5:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def ask(self, key: str, path: str, method: str = "POST", **body: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.keys[key]}"}
        answer = await self.api.request(
            method, f"/v1/campaigns{path}", headers=headers, json=body or None
        )
        view: dict[str, Any] = answer.raise_for_status().json()
        return view

    async def campaign_until(self, id: str, status: str) -> dict[str, Any]:
        """The campaign, once it has that status."""
        async with asyncio.timeout(30):
            while (view := await self.ask("author", f"/{id}", "GET"))["status"] != status:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return view

    async def _length(self, workflow_id: str) -> int:
        try:
            return (await self.temporal.get_workflow_handle(workflow_id).describe()).history_length
        except RPCError:
            return 0


async def simple(stack: Stack) -> str:
    return await stack.one(to=email())


async def scheduled_then_cancelled(stack: Stack) -> str:
    workflow = await stack.one(to=email(), send_at=later(3600))
    await stack.started(workflow)
    await stack.cancel(workflow.partition("/")[2])
    return workflow


async def retried_after_a_refusal_for_now(stack: Stack) -> str:
    fault = {"vendor": "telegram", "fault": "busy", "times": 1}
    async with httpx.AsyncClient() as client:
        await client.post(f"{stack.sandbox}/_sandbox/faults", json=fault)
    return await stack.one(to={"telegram": CHAT})


async def moved_on_to_the_next_channel(stack: Stack) -> str:
    to = {**email(local="bounce"), "sms": PHONE}
    return await stack.one(to=to, channel_mode="first", channels=["email", "sms"])


async def all_channels(stack: Stack) -> str:
    to = {**email(), "sms": PHONE, "telegram": CHAT}
    return await stack.one(to=to, channel_mode="all", channels=["email", "sms", "telegram"])


async def batch_at_once(stack: Stack) -> str:
    return (await stack.many(*(body(email(n)) for n in range(3))))[0]


async def batch_with_one_later_and_one_cancelled(stack: Stack) -> str:
    items = [body(email(1)), body(email(2), send_at=later(4)), body(email(3), send_at=later(3600))]
    workflow, ids = await stack.many(*items)
    await stack.started(workflow)
    await stack.cancel(ids[2])
    return workflow


async def campaign(stack: Stack, **more: Any) -> tuple[str, dict[str, Any]]:
    """Submitted, and counted; its id and what it is now."""
    people = [{"to": email(n)["email"], "name": CANARY} for n in range(3)]
    fields = {"name": "recorded", "channel": "email", "category": "newsletter"}
    text = {"subject": "Hello {{ name }}", "text": "Hello {{ name }}"}
    asked = {**fields, "content": {"email": text}, "audience": {"recipients": people}, **more}
    id = (await stack.ask("author", "", **asked))["id"]
    await stack.ask("author", f"/{id}/submit")
    return id, await stack.campaign_until(id, "pending_approval")


async def approved_by_signal_after_a_refused_one(stack: Stack) -> str:
    id, seen = await campaign(stack)
    handle = stack.temporal.get_workflow_handle(f"campaign/{id}")
    await handle.signal("approve", {"approver": "grace", "code": "no code"})
    given = await stack.ask("approver", f"/{id}/approval-code", hash=seen["content_hash"])
    await handle.signal("approve", {"approver": given["approver"], "code": given["code"]})
    await stack.campaign_until(id, "completed")
    return f"campaign/{id}"


async def edited_and_lapsed(stack: Stack) -> str:
    id, _ = await campaign(stack, approval_within=3)
    await stack.ask("author", f"/{id}", method="PATCH", data={"name": "Ada"})
    await stack.campaign_until(id, "lapsed")
    return f"campaign/{id}"


async def paused_resumed_and_cancelled(stack: Stack) -> str:
    id, seen = await campaign(stack, per_second=1)
    await stack.ask("approver", f"/{id}/approve", hash=seen["content_hash"])
    await stack.campaign_until(id, "running")
    for move in ("pause", "resume", "cancel"):
        await stack.ask("author", f"/{id}/{move}")
    return f"campaign/{id}"


async def a_shard(stack: Stack) -> str:
    id, seen = await campaign(stack)
    await stack.ask("approver", f"/{id}/approve", hash=seen["content_hash"])
    await stack.campaign_until(id, "completed")
    query = f"Campaign = '{id}' AND WorkflowType = 'CampaignShardWorkflow'"
    while True:
        async for found in stack.temporal.list_workflows(query):
            return found.id
        await asyncio.sleep(0.05)


STORIES: dict[str, list[Callable[[Stack], Awaitable[str]]]] = {
    "NotificationWorkflow": [
        simple,
        scheduled_then_cancelled,
        retried_after_a_refusal_for_now,
        moved_on_to_the_next_channel,
        all_channels,
    ],
    "BatchWorkflow": [batch_at_once, batch_with_one_later_and_one_cancelled],
    "CampaignWorkflow": [
        approved_by_signal_after_a_refused_one,
        edited_and_lapsed,
        paused_resumed_and_cancelled,
    ],
    "CampaignShardWorkflow": [a_shard],
}


def scrubbed(part: Any) -> Any:
    """Without the names of the machine and its processes."""
    if isinstance(part, dict):
        return {name: scrubbed(each) for name, each in part.items()}
    if isinstance(part, list):
        return [scrubbed(each) for each in part]
    return PROCESS.sub("recorded", part) if isinstance(part, str) else part


async def record(facts: dict[str, Any], keys: dict[str, str]) -> None:
    temporal = await Client.connect(facts["temporal_address"])
    headers = {"Authorization": f"Bearer {facts['api_key']}"}
    async with httpx.AsyncClient(base_url=facts["api"], headers=headers) as api:
        stack = Stack(api, facts["mailbox"], temporal, keys)
        for kind, stories in STORIES.items():
            for story in stories:
                handle = temporal.get_workflow_handle(await story(stack))
                await asyncio.wait_for(_result(handle), 60)
                history = scrubbed(json.loads((await handle.fetch_history()).to_json()))
                file = HISTORIES / kind / f"{story.__name__}.json"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(history, separators=(",", ":")) + "\n")
                print(f"{kind}/{story.__name__}: {len(history['events'])} events")


async def _result(handle: Any) -> None:
    while True:
        try:
            return await handle.result()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        await asyncio.sleep(0.05)


def tidings(*arguments: str) -> str:
    command = (sys.executable, "-P", "-m", "deploy.cli", *arguments)
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def key(folder: tuple[str, str], owner: str, scopes: str) -> str:
    asked = ("--application", "demo", "--owner", owner, "--scopes", scopes, "--json", *folder)
    return str(json.loads(tidings("keys", "create", *asked))["key"])


def main() -> None:
    port_base = sys.argv[1] if len(sys.argv) > 1 else "19350"
    with tempfile.TemporaryDirectory(prefix="tidings-record-") as data:
        Path(data).chmod(0o711)
        folder = ("--data", f"{data}/stack")
        facts = tidings("up", *folder, "--port-base", port_base, "--detach", "--json")
        try:
            keys = {
                "author": key(folder, "ada", "campaigns:write,campaigns:read"),
                "approver": key(folder, "grace", "campaigns:approve"),
            }
            asyncio.run(record(json.loads(facts), keys))
        finally:
            tidings("down", *folder)


if __name__ == "__main__":
    main()
