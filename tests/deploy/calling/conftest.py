"""The commands that call the API, against the session's stack, as its demo application."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

Run = Callable[..., Result]


@pytest.fixture
def run(stack: Any) -> Run:
    def run(app: typer.Typer, *arguments: object, says: str | None = None) -> Result:
        words = [*map(str, arguments), "--stack", str(stack.data)]
        return CliRunner().invoke(app, words, input=says)

    return run


@pytest.fixture
def told(run: Run) -> Callable[..., Any]:
    """What `--json` prints of a command that is done."""

    def told(app: typer.Typer, *arguments: object, says: str | None = None) -> Any:
        done = run(app, *arguments, "--json", says=says)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return told
