"""A history that grows long goes on in a new one, and nothing is lost between them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.local.supervisor import Supervisor
from deploy.local.temporal import temporal_part


@pytest.fixture
async def hasty_temporal(tmp_path: Path) -> AsyncIterator[str]:
    """A server that suggests a new history after twenty events."""
    ports = free_ports()
    part = temporal_part(tmp_path / "temporal", *ports)
    limit = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=20")
    supervisor = Supervisor(tmp_path / "logs", print, lambda: None)
    await supervisor.start(replace(part, command=(*part.command, *limit)))
    yield f"127.0.0.1:{ports[0]}"
    await supervisor.stop()


def free_ports() -> list[int]:
    chosen = [socket.socket() for _ in range(3)]
    for each in chosen:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in chosen]
    for each in chosen:
        each.close()
    return ports


async def test_it_continues_as_new_and_still_wakes(
    tmp_path, make_platform, database_url, hasty_temporal
) -> None:
    async with make_platform(tmp_path, database_url, hasty_temporal) as platform:
        due = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        id = await platform.accept(to={"email": "long@example.com"}, send_at=due)
        workflow = await platform.workflow(id)
        first_run = (await workflow.describe()).run_id

        async with asyncio.timeout(30):
            while (await workflow.describe()).run_id == first_run:
                await workflow.signal("wake")
                await asyncio.sleep(0.05)
        await platform.api.http.delete(f"/v1/notifications/{id}")

        assert await platform.ended(id) == "ended"
        assert (await platform.seen(id))["status"] == "cancelled"
        continued = platform.client.get_workflow_handle(f"notification/{id}", run_id=first_run)
        last = (await continued.fetch_history()).events[-1]
        assert last.WhichOneof("attributes").startswith("workflow_execution_continued_as_new")
