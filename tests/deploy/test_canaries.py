"""Addresses and secrets stay where they belong: not in Temporal's histories, not in any log."""

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from deploy.local.folder import DataFolder
from deploy.local.secret_file import read_secrets

CANARY = "kanarienvogel"
PHONE, CHAT = "+4915112348765", 987654321
SECRETS = ("sandbox-token", "sandbox-password", "sandbox-secret", ":sandbox")  # the demo accounts'
CONTENT = {
    "email": {"subject": "For {{ name }}", "text": "{{ name }}"},
    "sms": {"text": "{{ name }}"},
    "telegram": {"text": "{{ name }}"},
}
pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]  # it starts the stack


def bodies() -> Iterator[dict[str, Any]]:
    """What goes well, what is refused, what ends in doubt, on every channel."""
    for local in (CANARY, f"bounce+{CANARY}"):
        yield {"to": {"email": f"{local}@example.com"}}
    yield {"to": {"sms": PHONE}}
    yield {"to": {"telegram": CHAT}}
    yield {"to": {"telegram": CHAT + 1}}


def faults() -> Iterator[dict[str, Any]]:
    yield {"vendor": "telegram", "fault": "garbage", "to": str(CHAT + 1), "times": 2}
    yield {"vendor": "twilio", "fault": "error_after", "to": PHONE, "times": 1}


async def hand_over(stack: Any) -> list[str]:
    headers = {"Authorization": f"Bearer {stack.key}"}
    async with httpx.AsyncClient(base_url=stack.api, headers=headers, timeout=30) as api:
        for rule in faults():
            answer = await api.post(f"{stack.mailbox}/_sandbox/faults", json=rule)
            assert answer.status_code == 201, answer.text
        ids = []
        for body in bodies():
            more = {"content": CONTENT, "data": {"name": CANARY}}
            answer = await api.post("/v1/notifications", json=body | more)
            assert answer.status_code == 202, answer.text
            ids.append(answer.json()["id"])
        bad = {"to": {"email": f"{CANARY}@@example.com"}, "content": CONTENT}
        assert CANARY not in (await api.post("/v1/notifications", json=bad)).text
        async with asyncio.timeout(60):
            for id in ids:
                await ended(api, id)
    return ids


async def ended(api: httpx.AsyncClient, id: str) -> None:
    while not (view := (await api.get(f"/v1/notifications/{id}")).json())["ended_at"]:
        assert view["status"]
        await asyncio.sleep(0.1)


def texts(part: Any) -> Iterator[str]:
    """All that is written in an exported history, payloads decoded."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield name
            if name == "data" and isinstance(value, str):
                yield base64.b64decode(value).decode(errors="replace")
            yield from texts(value)
    elif isinstance(part, list):
        for each in part:
            yield from texts(each)
    else:
        yield str(part)


async def histories(address: str) -> list[str]:
    """Every history that Temporal has, with how it lists them."""
    client = await Client.connect(address)
    found = []
    async for listed in client.list_workflows():
        found.append(str(listed.raw_info))
        handle = client.get_workflow_handle(listed.id, run_id=listed.run_id)
        exported = json.loads((await handle.fetch_history()).to_json())
        found.append("\n".join(texts(exported)))
    return found


def logs_of(stack: Any) -> dict[str, str]:
    return {path.name: path.read_text() for path in DataFolder(stack.data).logs.iterdir()}


def forbidden(stack: Any) -> list[str]:
    kept = read_secrets(DataFolder(stack.data).secrets)
    own = [stack.key, kept.database_password, kept.superuser_password, *kept.secret_keys.split(":")]
    return [CANARY, PHONE, str(CHAT), *SECRETS, *(word for word in own if len(word) > 3)]


async def test_no_history_and_no_log_holds_an_address_or_a_secret(stack: Any) -> None:
    ids = await hand_over(stack)

    exported = await histories(stack.temporal_address)
    logs = logs_of(stack)

    assert len(exported) >= 2 * len(ids)
    assert {"api.log", "temporal.log"} <= logs.keys(), logs.keys()
    for word in forbidden(stack):
        assert not [text[:200] for text in exported if word in text], word
        assert not [name for name, text in logs.items() if word in text], word


def test_a_word_inside_a_payload_would_be_found() -> None:
    payload = {"data": base64.b64encode(f'"{CANARY}@example.com"'.encode()).decode()}

    assert any(CANARY in text for text in texts([{"payloads": [payload]}]))
