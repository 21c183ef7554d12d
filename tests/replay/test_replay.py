"""Every history ever recorded replays with today's workflows, and none knows a recipient."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from workers.queues import WORKFLOWS

HISTORIES = Path(__file__).parent / "histories"
FILES = sorted(HISTORIES.glob("*/*.json"))
# The recorder's name, phone and chat; any address; keys and tokens; a machine's folders.
FORBIDDEN = re.compile(r"Kanarienvogel|15112348765|987654321|\w@\w|td_|SG\.|:sandbox|/home/|/tmp/")
BYTES_AT_MOST = 40_000


def texts(part: Any) -> Iterator[str]:
    """All that is written in it, payloads too."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield name
            if name == "data" and isinstance(value, str):
                yield base64.b64decode(value).decode()
            yield from texts(value)
    elif isinstance(part, list):
        for each in part:
            yield from texts(each)
    elif isinstance(part, str):
        yield part


def test_there_is_a_history_of_every_workflow() -> None:
    recorded = {file.parent.name for file in FILES}

    assert recorded == {workflow.__name__ for workflow in WORKFLOWS}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
async def test_it_replays(file: Path) -> None:
    history = WorkflowHistory.from_json(file.stem, file.read_text())  # noqa: ASYNC240 - small

    await Replayer(workflows=WORKFLOWS).replay_workflow(history)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_it_holds_no_address_and_no_secret(file: Path) -> None:
    found = [text for text in texts(json.loads(file.read_text())) if FORBIDDEN.search(text)]

    assert found == []
    assert len(file.read_bytes()) <= BYTES_AT_MOST


def test_a_secret_in_a_payload_would_be_found() -> None:
    payload = {"data": base64.b64encode(b'"Kanarienvogel+0@example.com"').decode()}

    assert any(FORBIDDEN.search(text) for text in texts([payload]))
