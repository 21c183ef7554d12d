"""How a command that failed says why, on stderr: a line for a person, with --json an object.

The object is the same for all commands, whoever refuses: the API, the stack or the command line.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

import typer

from models.errors import TidingsError

FAILED, INTERRUPTED = 1, 130


def tell(error: BaseException, *, as_json: bool) -> int:
    """Say why, and give back the exit code."""
    if isinstance(error, typer.Abort):
        typer.echo(err=True)  # the question's line has no end
    if as_json:
        typer.echo(as_line(*_said(error)), err=True)
    else:
        typer.echo(f"tidings: {_said(error)[1]}", err=True)
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    return cast("int", getattr(error, "exit_code", FAILED))


def as_line(
    code: str,
    detail: str,
    field: str | None = None,
    limit: int | str | None = None,
    more: Mapping[str, Any] | None = None,
) -> str:
    """One error as `--json` tells it; `more`: what else there is to know, such as `line`."""
    error = {"code": code, "detail": detail, "field": field, "limit": limit}
    return json.dumps({"error": {**error, **(more or {})}})


def asks_for_json(words: Iterable[str]) -> bool:
    """For errors of a command line that cannot be understood."""
    for word in words:
        if word == "--":
            return False
        if word == "--json":
            return True
    return False


def _said(error: BaseException) -> tuple[Any, ...]:
    match error:
        case TidingsError():
            return error.reason, str(error), error.field, error.limit, error.facts
        case typer.TyperException():
            return "invalid_command", error.format_message(), _option(error)
        case KeyboardInterrupt():
            return "interrupted", "interrupted"
    return "aborted", "not confirmed: --yes says yes to the question"


def _option(error: typer.TyperException) -> str | None:
    """The option or argument that is at fault, as it is written."""
    parameter = getattr(error, "param", None)
    if parameter is None:
        return getattr(error, "option_name", None)
    named = (each for each in parameter.opts if each.startswith("--"))
    return str(next(named, parameter.metavar or parameter.name))
