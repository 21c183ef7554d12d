"""`tidings send` killed in the middle of a file: the same command goes on, and nobody twice."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

SIZE = 3000
pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]  # it starts the stack


def lines(path: Path) -> list[dict[str, Any]]:
    """The complete ones: somebody may be writing."""
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.rpartition("\n")[0].splitlines()]


async def test_a_killed_send_goes_on_and_accepts_nobody_twice(stack: Any, tmp_path: Path) -> None:
    file, journal = tmp_path / "people.csv", tmp_path / "journal.ndjson"
    people = {f"killed{n}@example.com" for n in range(SIZE)}
    file.write_text("to\n" + "".join(f"{address}\n" for address in people))
    command = (
        *(sys.executable, "-P", "-m", "deploy.cli", "send", str(file), "--journal", str(journal)),
        *("--template", "welcome", "--name", "Ada", "--url", stack.api, "--key", stack.key),
    )
    killed = await asyncio.create_subprocess_exec(*command)
    while not lines(journal):
        assert killed.returncode is None, "it ended before it was killed"
        await asyncio.sleep(0.01)
    killed.kill()
    await killed.wait()
    before = {line["id"] for line in lines(journal)}
    assert 0 < len(before) < SIZE

    again = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await again.communicate()
    assert again.returncode == 0
    assert out.startswith(b"3,000 accepted (")
    accepted = {line["id"]: line["to"] for line in lines(journal)}
    assert before <= accepted.keys()
    assert Counter(accepted.values()) == Counter(people)
