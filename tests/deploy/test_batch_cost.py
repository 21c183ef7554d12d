"""What a batch of a thousand costs the engine."""

import asyncio
import random
from collections import Counter
from typing import Any

import httpx
import pytest
from temporalio.client import Client

SIZE = 1000
MOST_WORKFLOWS, MOST_ACTIVITIES = 12, 60
CATEGORIES = ("otp", "transactional", "newsletter")
pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]  # it starts the stack


def item(n: int) -> dict[str, Any]:
    to = (
        {"email": f"cost{n}@example.com"},
        {"sms": f"+4915171{n:06}"},
        {"telegram": 71_000_000 + n},
    )
    content = {"email": {"subject": "Hello", "text": "…"}, "sms": {"text": "…"}}
    return {
        "to": to[n % 3],
        "content": content | {"telegram": {"text": "…"}},
        "category": CATEGORIES[n // 3 % 3],
    }


async def sent(api: httpx.AsyncClient, id: str) -> dict[str, Any]:
    """What a caller sees of it, once it is sent."""
    while (view := (await api.get(f"/v1/notifications/{id}")).json())["status"] != "sent":  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    return view


async def test_a_thousand_items_are_few_workflows_and_few_activities(stack: Any) -> None:
    items = [item(n) for n in range(SIZE)]
    random.Random(1).shuffle(items)
    headers = {"Authorization": f"Bearer {stack.key}"}
    async with httpx.AsyncClient(base_url=stack.api, headers=headers, timeout=60) as api:
        answer = await api.post("/v1/notifications/batch", json={"items": items})
        assert answer.json()["accepted"] == SIZE, answer.text
        ids = [each["id"] for each in answer.json()["items"]]
        async with asyncio.timeout(120):
            workflows = {(await sent(api, id))["workflow_id"] for id in ids}

    temporal = await Client.connect(stack.temporal_address)
    activities: Counter[str] = Counter()
    for workflow in workflows:
        history = await temporal.get_workflow_handle(workflow).fetch_history()
        for event in history.events:
            kind = event.WhichOneof("attributes")
            if kind == "activity_task_scheduled_event_attributes":
                activities["activity"] += 1
            elif kind == "marker_recorded_event_attributes":
                activities["local activity"] += 1

    print(f"\n{SIZE} items: {len(workflows)} workflows, {dict(activities)}")
    assert 1 <= len(workflows) <= MOST_WORKFLOWS
    assert 1 <= activities.total() <= MOST_ACTIVITIES
