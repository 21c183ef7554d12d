"""`tidings doctor` with everything well, with some of it down, and with nothing there."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import _app
from deploy.examining.temporal import Poll, polled
from deploy.local.folder import open_folder
from deploy.local.secret_file import open_secrets
from deploy.local.state import StackState, write_state


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch):
    def run(*arguments: str, **environment: str) -> Result:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(_app("doctor"), ["doctor", *arguments])

    return run


def states(done: Result) -> dict[str, str]:
    facts = json.loads(done.stdout)
    assert facts["well"] is (done.exit_code == 0)
    assert all(f["advice"] for f in facts["findings"] if f["state"] == "bad")
    return {finding["part"]: finding["state"] for finding in facts["findings"]}


def test_a_stack_that_is_well_says_so_of_every_part(doctor, stack: Any) -> None:
    done = doctor("--data", str(stack.data), "--json")
    found = states(done)
    assert done.exit_code == 0, done.stdout
    assert set(found.values()) == {"well"}
    assert {"settings", "disk space", "stack", "PostgreSQL", "migrations", "partitions"} <= set(
        found
    )
    assert {"relay", "Temporal", "search attributes", "API", "sandbox"} <= set(found)
    assert {"queue notify-high", "queue deliver-email", "queue deliver-sms-bulk"} <= set(found)


def test_a_person_reads_it_in_lines(doctor, stack: Any) -> None:
    done = doctor("--data", str(stack.data))
    assert done.stdout.startswith("part ")
    assert done.stdout.endswith("\nEverything is well.\n")


async def test_what_is_down_is_named_beside_what_is_not(
    doctor,
    database_url: str,
    temporal_server: str,
    free_tcp_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Temporal remembers for minutes who asked: these queues have never had anybody.
    never = {"urgent": ("never-high", "never-low"), "bulk": ("never-bulk",)}
    monkeypatch.setattr("deploy.examining.temporal.GROUPS", never)
    done = await in_a_thread(
        doctor,
        "--json",
        TIDINGS_DATABASE_URL=database_url,
        TIDINGS_TEMPORAL_ADDRESS=temporal_server,
        TIDINGS_API_PORT=str(free_tcp_port),
    )
    found = states(done)
    assert done.exit_code == 1
    bad = {part for part, state in found.items() if state == "bad"}
    queues = {part for part in found if part.startswith("queue ")}
    assert bad == {"API", *queues}
    assert queues == {"queue never-high", "queue never-low", "queue never-bulk"}
    assert "unknown" not in found.values()


@pytest.mark.parametrize(
    ("ago", "state", "said"),
    [
        ({}, "bad", "no worker asks for its tasks"),
        ({"1@here": 200, "2@here": 75}, "bad", "no worker has asked for its tasks for 75 s"),
        ({"1@here": 200, "2@here": 61}, "well", "1 worker at it"),
        ({"1@here": 2, "2@here": 61}, "well", "2 workers at it"),
    ],
    ids=["never", "stopped", "one is left", "both"],
)
def test_a_worker_that_has_stopped_is_not_at_its_queue(
    ago: dict[str, int], state: str, said: str
) -> None:
    now = datetime.now(UTC)
    polls = [Poll(worker, now - timedelta(seconds=n)) for worker, n in ago.items()]
    found = polled("notify-low", polls, now, "tidings up")
    assert (found.part, found.state, found.detail) == ("queue notify-low", state, said)
    assert found.advice == ("tidings up" if state == "bad" else "")


def test_with_everything_down_it_names_all_and_what_depends_on_it(
    doctor, free_tcp_port: int
) -> None:
    address = f"127.0.0.1:{free_tcp_port}"
    done = doctor(
        TIDINGS_DATABASE_URL=f"postgresql://tidings:hunter2@{address}/tidings",
        TIDINGS_TEMPORAL_ADDRESS=address,
        TIDINGS_API_PORT=str(free_tcp_port),
        TIDINGS_NO_SUCH_SETTING="1",
    )
    assert done.exit_code == 1
    assert "hunter2" not in done.output
    assert f"PostgreSQL at {address}/tidings does not answer" in done.stdout
    assert "not known without PostgreSQL" in done.stdout
    assert "not known without Temporal" in done.stdout
    advice = done.stdout.partition("What to do:\n")[2]
    assert "  API: start it: tidings api\n" in advice
    assert "  settings: correct or remove it\n" in advice


def test_a_stack_that_was_given_up_is_told_with_its_reason(doctor, tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "data")
    open_secrets(folder.secrets, has_data=False)
    write_state(folder.state, StackState("stopped", 1, 8400, [], "api died (exit 3)"))
    done = doctor("--data", str(folder.path))
    assert done.exit_code == 1
    assert "it was given up: api died (exit 3)" in done.stdout
    assert f"tidings up --data {folder.path}" in done.stdout


def test_where_no_stack_has_run_that_is_what_is_found(doctor, tmp_path: Path) -> None:
    done = doctor("--data", str(tmp_path / "nothing"), "--json")
    assert states(done)["stack"] == "bad"


async def in_a_thread(call: Any, *arguments: Any, **named: Any) -> Any:
    return await asyncio.to_thread(call, *arguments, **named)
