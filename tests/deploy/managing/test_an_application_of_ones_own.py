"""From nothing to a message: an application, a key, an account, all beside a running stack.

Each command is a process, as for whoever types it.
"""

import asyncio
import json
from typing import Any

import pytest

from deploy.local.sandbox import journal

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]


@pytest.fixture
def beside(stack: Any, as_process):
    async def run(*arguments: str, input: str = ""):
        code, out, err = await as_process(*arguments, "--data", str(stack.data), input=input)
        assert code == 0, err
        return out

    return run


async def test_it_sends_inline_content_through_its_own_account(beside, stack, as_process) -> None:
    created = await beside(
        *("keys", "create", "--application", "bakery", "--owner", "me"),
        *("--new-application", "--json"),
    )
    key = json.loads(created)["key"]
    settings = {
        "account_sid": "ACbakery",
        "auth_token": "sandbox",
        "sender": "+15005550006",
        "base_url": stack.mailbox,
    }
    await beside(
        *("vendors", "add", "--application", "bakery", "--channel", "sms", "--vendor", "twilio"),
        *("--name", "bakery-twilio", "--rank", "1", "--config", "-"),
        input=json.dumps(settings),
    )
    lines = (await beside("vendors", "list")).splitlines()
    assert ["bakery-twilio", "bakery"] in [line.split()[:2] for line in lines]
    code, _, err = await as_process(
        *("send", "--sms", "+4915112340000", "--text", "Fresh bread", "--wait"),
        *("--url", stack.api),
        TIDINGS_KEY=key,
    )
    assert code == 0, err
    sent = await asyncio.to_thread(lambda: list(journal.read(stack.journal)))
    assert ("ACbakery", "Fresh bread") in {(e.account, e.text) for e in sent}
