"""What `--help` says is read whole on a terminal of eighty columns."""

import pytest
from typer.testing import CliRunner

from deploy.cli import COMMANDS, _app


def said(*words: str) -> str:
    done = CliRunner().invoke(_app("".join(words)), [*words, "--help"], env={"COLUMNS": "80"})
    assert done.exit_code == 0, done.output
    return done.stdout.partition("\nCommands:\n")[2]


def test_each_command_is_told_in_a_line_that_is_not_cut() -> None:
    lines = said().splitlines()
    assert [line.split()[0] for line in lines] == list(COMMANDS)
    assert not [line for line in lines if line.endswith("...")]


@pytest.mark.parametrize("name", COMMANDS)
def test_so_is_each_command_of_a_group(name: str) -> None:
    cut = [line for line in said(name).splitlines() if line.endswith("...")]
    assert cut == []
