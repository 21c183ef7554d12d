"""The command line as people meet it: clear lines, exit codes, JSON."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from deploy.commands.options import DATA
from deploy.local.folder import open_folder
from deploy.local.preparation import clear_the_way
from deploy.local.processes import birth
from deploy.local.state import PartState, StackState, write_state

MAIN = "import sys; sys.argv[0] = 'tidings'; from deploy.cli import main; main()"


@pytest.fixture
def tidings():
    async def run(*arguments: str, code: str = MAIN, **environment: str):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code, *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **environment},
        )
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    return run


async def test_help_lists_every_command_and_imports_none(tidings) -> None:
    code = (
        "import atexit, sys; from deploy.cli import main;"
        "atexit.register(lambda: print('imported:', [m for m in sys.modules"
        " if m.startswith(('temporalio', 'deploy.commands.', 'sqlalchemy'))]));"
        "main()"
    )
    exit_code, out, _ = await tidings("--help", code=code)
    assert exit_code == 0
    assert re.search(r"^  up +Run the whole platform", out, re.MULTILINE)
    assert "imported: []" in out


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("tidings notif", ["notifications"]),
        ("tidings notifications re", ["resend"]),
        ("tidings groups create --desc", ["--description"]),
        ("tidings notifications list --status deliv", ["delivered"]),
    ],
)
async def test_a_shell_completes_commands_options_and_values(
    tidings, typed: str, offered: list[str]
) -> None:
    at = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    exit_code, out, _ = await tidings(_TIDINGS_COMPLETE="complete_bash", **at)
    assert (exit_code, out.split()) == (0, offered)


async def test_a_folder_that_cannot_be_written_is_one_line_and_exit_1(tidings) -> None:
    exit_code, out, err = await tidings("up", "--data", "/dev/null/data")
    assert (exit_code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("tidings: cannot write to the data folder /dev/null/data")


async def test_a_reset_is_asked_for_and_no_answer_deletes_nothing(tidings, tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "data")
    folder.secrets.write_text("{}")
    exit_code, _, err = await tidings("up", "--reset", "--data", str(folder.path))
    assert exit_code == 1
    assert f"Delete all data in {folder.path}?" in err
    assert folder.secrets.exists()


async def test_a_wrong_setting_is_named_before_anything_starts(tidings, tmp_path: Path) -> None:
    data = tmp_path / "data"
    exit_code, _, err = await tidings("up", "--data", str(data), TIDINGS_DATABASE_POOL="many")
    assert (exit_code, data.exists()) == (1, False)
    assert err.startswith("tidings: TIDINGS_DATABASE_POOL: Input should be a valid integer")


async def test_settings_lists_every_variable_and_no_secret(in_thread) -> None:
    exit_code, out, _ = await in_thread(
        "settings",
        "--json",
        TIDINGS_DATABASE_URL="postgresql://tidings:hunter2@db:5432/tidings",
        TIDINGS_SECRET_KEYS="k1:aHVudGVyMg==",
        TIDINGS_API_PORT="9999",
    )
    rows = {row["variable"]: row for row in json.loads(out)}
    assert exit_code == 0
    assert rows["TIDINGS_API_PORT"]["default"] == 8400
    assert rows["TIDINGS_API_PORT"]["value"] == 9999
    assert rows["TIDINGS_DATABASE_URL"]["value"] == "postgresql://tidings:***@db:5432/tidings"
    assert rows["TIDINGS_SECRET_KEYS"]["value"] == "***"
    assert "hunter2" not in out
    assert "aHVudGVyMg" not in out


async def test_in_a_pipe_no_setting_is_cut(in_thread) -> None:
    url = f"postgresql://tidings:x@{'database.' * 12}example.com:5432/tidings"
    exit_code, out, _ = await in_thread("settings", TIDINGS_DATABASE_URL=url)
    assert exit_code == 0
    assert url.replace(":x@", ":***@") in out


async def test_status_without_a_stack_says_so(in_thread, tmp_path: Path) -> None:
    exit_code, _, err = await in_thread("status", "--data", str(tmp_path))
    assert exit_code == 1
    assert "no stack has run" in err


async def test_status_and_down_see_what_a_kill_left_over(in_thread, tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "data")
    left = await asyncio.create_subprocess_exec("/bin/sleep", "60")
    parts = [
        PartState("sandbox", "ready", left.pid, birth(left.pid), 0.0, 2, "", 15),
        PartState("api", "ready", left.pid, "another time", 0.0, 0, "", 15),
    ]
    write_state(folder.state, StackState("ready", 1, 8400, parts))

    exit_code, out, _ = await in_thread("status", "--json", "--data", str(folder.path))
    facts = json.loads(out)
    assert (exit_code, facts["stack"], facts["well"]) == (1, "stopped", False)
    assert [(p["name"], p["health"]) for p in facts["parts"]] == [
        ("sandbox", "well"),
        ("api", "down"),
    ]

    exit_code, out, _ = await in_thread("down", "--data", str(folder.path))
    assert (exit_code, out) == (0, "stopped what was left: sandbox\n")
    assert await left.wait() == -15


def test_the_data_folder_is_one_that_git_ignores() -> None:
    ignored = (Path(__file__).parents[2] / ".gitignore").read_text()
    assert str(DATA) == ".tidings"
    assert ".tidings*/" in ignored


async def test_status_says_why_a_stack_was_given_up(in_thread, tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "data")
    part = PartState("api", "stopped", 1, "another time", 0.0, 5, "", 15)
    died = "api died (exit 3) for the 6th time in 60 s"
    write_state(folder.state, StackState("stopped", 1, 8400, [part], died, ["[bold]OSError"]))

    exit_code, out, _ = await in_thread("status", "--data", str(folder.path))
    assert exit_code == 1
    assert out.startswith("The stack is stopped.\n")
    assert out.endswith(f"\nIt was given up: {died}\n  [bold]OSError\n")

    _, out, _ = await in_thread("status", "--json", "--data", str(folder.path))
    facts = json.loads(out)
    assert (facts["error"], facts["tail"]) == (died, ["[bold]OSError"])
    assert facts["parts"][0]["pid"] is None


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"phase": "ready"}', "\x00"])
async def test_a_damaged_state_is_one_line(in_thread, tmp_path: Path, damaged: str) -> None:
    folder = open_folder(tmp_path / "data")
    folder.state.write_text(damaged)
    for command in ("status", "down"):
        exit_code, out, err = await in_thread(command, "--data", str(folder.path))
        assert (exit_code, out) == (1, "")
        assert err == (
            f"tidings: {folder.state} is damaged, so what runs is not known:"
            " `tidings up` writes it anew\n"
        )


def test_a_damaged_state_stops_no_start(tmp_path: Path, free_base: int) -> None:
    folder = open_folder(tmp_path / "data")
    folder.state.write_text("{")
    said: list[str] = []
    assert clear_the_way(folder, free_base, said.append).api == free_base
    [line] = said
    assert line.startswith(f"{folder.state} is damaged")
    assert not folder.state.exists()
