"""The command line against the session's stack, with an editor that does what a test says."""

import json
import shlex
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from deploy.commands.categories import categories
from deploy.commands.templates import templates

Run = Callable[..., Result]
NUMBERS = count(1)


@pytest.fixture
def run(stack: Any) -> Run:
    return _runner(stack, templates)


@pytest.fixture
def run_categories(stack: Any) -> Run:
    return _runner(stack, categories)


def _runner(stack: Any, app: typer.Typer) -> Run:
    def run(*arguments: str, says: str | None = None) -> Result:
        return CliRunner().invoke(app, [*arguments, "--stack", str(stack.data)], input=says)

    return run


@pytest.fixture
def seen(run: Run) -> Callable[..., Any]:
    """What `show --json` gives."""
    return lambda *arguments: json.loads(run("show", *arguments, "--json").stdout)


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Makes $EDITOR replace one text by another."""

    def use(old: str, new: str) -> None:
        script = tmp_path / f"editor-{next(NUMBERS)}.py"
        script.write_text(
            "import pathlib, sys\n"
            "path = pathlib.Path(sys.argv[1])\n"
            f"path.write_text(path.read_text().replace({old!r}, {new!r}))\n"
        )
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", shlex.join([sys.executable, str(script)]))

    return use


@pytest.fixture
def name(run: Run, tmp_path: Path) -> str:
    """A template with one version, a draft."""
    made = f"cli-{next(NUMBERS)}"
    file = tmp_path / "first.letter"
    file.write_text("=== variables\nname: string\n=== sms/default/text\nHello {{ name }}\n")
    done = run("new", made, "--category", "newsletter", "--file", str(file))
    assert done.exit_code == 0, done.output
    return made
