"""A stack to attack, for each module its own, and a caller that keeps its own journal."""

import random
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from faults.client import Client
from faults.stack import Stack

from deploy.local.ports import Ports, is_free

PORT_BASES = range(19200, 19600, 10)


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[Stack]:
    # Not pytest's own folder: PostgreSQL, which as root runs as another user, could not enter it.
    folder = Path(tempfile.mkdtemp(prefix="tidings-faults-"))
    folder.chmod(0o711)  # noqa: ASYNC240 - nothing else runs yet
    bases = random.sample(PORT_BASES, len(PORT_BASES))  # two suites may begin at once
    free = (base for base in bases if all(map(is_free, Ports.from_base(base))))
    stack = await Stack.up(folder / "data", next(free))
    yield stack
    await stack.down()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
async def client(stack: Stack) -> AsyncIterator[Client]:
    journal = stack.folder.parent / "client.ndjson"
    client = Client(stack.facts["api"], stack.facts["api_key"], journal)
    yield client
    await client.close()
