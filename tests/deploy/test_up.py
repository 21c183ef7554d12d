"""The whole stack as a newcomer meets it: up, a message, a kill, up again, down."""

import asyncio
import json
import re
import signal
import sys
from typing import Any

import aiohttp
import pytest

from deploy.local.first_message import BODY
from deploy.local.processes import birth, end, is_alive

MAIN = "from deploy.cli import main; main()"

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]


@pytest.fixture
async def tidings(server_folder):
    """Run a command on the data folder of this test; the stack is down afterwards."""
    data = server_folder / "up"

    async def run(command: str, *arguments: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", MAIN, command, "--data", str(data), *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        return process.returncode, out.decode()

    yield run
    await run("down")


async def _send(stack: dict[str, str], session: aiohttp.ClientSession) -> int:
    headers = {"Authorization": f"Bearer {stack['api_key']}"}
    url = f"{stack['api']}/v1/notifications"
    async with session.post(url, json=BODY, headers=headers) as answer:
        return answer.status


async def _arrived(stack: dict[str, str], session: aiohttp.ClientSession) -> list[str]:
    async with session.get(f"{stack['mailbox']}/_sandbox/messages") as answer:
        return [message["subject"] for message in (await answer.json())["messages"]]


async def _logs_in(stack: dict[str, Any], session: aiohttp.ClientSession) -> bool:
    """The first admin, as the table says."""
    async with session.get(f"{stack['console']}login") as page:
        token = re.findall(r'name="form_token" value="(\w+)"', await page.text())[0]
        kept = {name: cookie.value for name, cookie in page.cookies.items()}
    fields = {**stack["first_admin"], "form_token": token}
    url = f"{stack['console']}login"
    async with session.post(url, data=fields, cookies=kept, allow_redirects=False) as answer:
        return answer.status == 303


async def _until_arrived(count: int, stack, session) -> list[str]:
    async with asyncio.timeout(30):
        while True:
            subjects = await _arrived(stack, session)
            if len(subjects) >= count:
                return subjects
            await asyncio.sleep(0.1)


async def test_a_stack_delivers_survives_a_kill_with_its_key_and_leaves_no_process(
    tidings, until, free_base
) -> None:
    options = ("--detach", "--json", "--port-base", str(free_base))
    code, out = await tidings("up", *options)
    assert code == 0
    stack = json.loads(out)
    assert stack["first_admin"]["email"] == "admin@example.com"
    async with aiohttp.ClientSession() as session:
        assert await _send(stack, session) == 202
        assert await _until_arrived(1, stack, session) == ["Welcome, Ada"]
        assert await _logs_in(stack, session)

        pids = {pid: birth(pid) for pid in stack["pids"].values()}
        end(stack["pids"]["up"], pids[stack["pids"]["up"]], signal.SIGKILL)
        await until(lambda: not any(is_alive(pid, born) for pid, born in pids.items()))

        code, out = await tidings("up", *options)
        again = json.loads(out)
        assert (code, again["api_key"]) == (0, stack["api_key"])
        assert again["first_admin"] is None  # the password is shown once
        assert await _send(again, session) == 202
        assert len(await _until_arrived(2, again, session)) == 2

    assert (await tidings("status"))[0] == 0
    pids = {pid: birth(pid) for pid in again["pids"].values()}
    assert await tidings("down") == (0, "stopped\n")
    assert not [pid for pid, born in pids.items() if is_alive(pid, born)]
