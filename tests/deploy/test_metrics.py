"""The stack shows its metrics, each process on a port of its own."""

import asyncio
import json
import subprocess
import sys
from typing import Any
from urllib.request import urlopen

import httpx
import pytest

from deploy.local.folder import DataFolder
from deploy.local.lock import holder
from deploy.local.ports import Ports

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]
BODY = {"to": {"sms": "+4915112349876"}, "template": "welcome", "data": {"name": "Ada"}}


@pytest.fixture(scope="module")
def pages(stack: Any) -> dict[str, str]:
    """Where each process shows them."""
    runs = holder(DataFolder(stack.data))
    assert runs is not None
    ports = Ports.from_base(runs.port_base)
    return {name: f"http://127.0.0.1:{port}/metrics" for name, port in ports.metrics.items()}


def read(url: str) -> str:
    with urlopen(url, timeout=5) as answer:  # noqa: S310 - ours
        return answer.read().decode()


async def test_what_was_sent_is_seen_by_each(stack: Any, pages: dict[str, str]) -> None:
    header = {"Authorization": f"Bearer {stack.key}"}
    async with httpx.AsyncClient(base_url=stack.api, headers=header) as http:
        assert (await http.post("/v1/notifications", json=BODY)).status_code == 202

    async with asyncio.timeout(30):
        wanted = {
            "api": 'tidings_accepted_total{priority="medium"}',
            "worker urgent": 'outcome="accepted"',
            "relay": 'tidings_waiting{priority="high"}',
        }
        while wanted:
            found = {name: await asyncio.to_thread(read, pages[name]) for name in wanted}
            wanted = {name: said for name, said in wanted.items() if said not in found[name]}
            assert all("+4915112349876" not in page for page in found.values())
            await asyncio.sleep(0.1)


def test_every_process_of_ours_has_them_and_status_says_where(
    stack: Any, pages: dict[str, str]
) -> None:
    command = ("status", "--json", "--data", str(stack.data))
    done = subprocess.run(
        (sys.executable, "-P", "-m", "deploy.cli", *command),
        capture_output=True,
        text=True,
        check=True,
    )
    shown = {part["name"]: part["metrics"] for part in json.loads(done.stdout)["parts"]}
    assert {name: url for name, url in shown.items() if url} == pages
    assert {"worker urgent", "worker bulk", "worker bulk 2"} <= set(pages)
    for name, url in pages.items():
        assert "process_cpu_seconds_total" in read(url), name


def test_a_port_that_somebody_has_is_named(stack: Any, pages: dict[str, str]) -> None:
    port = pages["api"].rpartition(":")[2].split("/")[0]
    done = subprocess.run(
        (sys.executable, "-P", "-m", "deploy.cli", "relay"),
        capture_output=True,
        text=True,
        env={"TIDINGS_METRICS_PORT": port, "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 1
    assert f"TIDINGS_METRICS_PORT: 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr
