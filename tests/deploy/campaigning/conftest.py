"""The command line against the session's stack: Ada makes campaigns, Grace approves them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from deploy.commands.campaigns import campaigns
from deploy.commands.keys import keys

Run = Callable[..., Any]
SCOPES = {
    "ada@example.com": "campaigns:write,campaigns:read",
    "grace@example.com": "campaigns:write,campaigns:read,campaigns:approve",
}


@pytest.fixture(scope="session")
def people_keys(stack: Any) -> dict[str, str]:
    made = {}
    for owner, scopes in SCOPES.items():
        options = ["--application", "demo", "--owner", owner, "--scopes", scopes]
        done = invoke(keys, "create", *options, "--data", str(stack.data), "--json")
        made[owner.partition("@")[0]] = json.loads(done.stdout)["key"]
    return made


def invoke(app: typer.Typer, *arguments: str, **more: Any) -> Result:
    return CliRunner().invoke(app, arguments, **more)


@pytest.fixture
def ada(stack: Any, people_keys: dict[str, str]) -> Run:
    return _person(stack, people_keys["ada"])


@pytest.fixture
def grace(stack: Any, people_keys: dict[str, str]) -> Run:
    return _person(stack, people_keys["grace"])


@pytest.fixture
def audit(stack: Any) -> Run:
    """The audit of one campaign as `--json` gives it."""

    def run(id: str) -> dict[str, Any]:
        done = invoke(campaigns, "audit", id, "--data", str(stack.data), "--json")
        found = json.loads(done.stdout)
        assert done.exit_code == (0 if found["agrees"] else 1)
        return found

    return run


def _person(stack: Any, key: str) -> Run:
    def run(*arguments: str, says: str | None = None) -> Result:
        where = ("--stack", str(stack.data), "--key", key)
        return invoke(campaigns, *arguments, *where, input=says)

    return run
