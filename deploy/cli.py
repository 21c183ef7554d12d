"""The `tidings` command. A command is one file in `deploy/commands/` and one line here.

Only the module of the command that was asked for is imported: `tidings --help` must not wait for
Temporal's SDK.
"""

import importlib
import os
import sys
from typing import Any

import typer

from deploy.failing import asks_for_json, tell
from models.errors import TidingsError

# What `tidings --help` says; `deploy/commands/<name>.py` has a function, or a typer app with
# commands of its own, under the same name.
COMMANDS = {
    "up": "Run the whole platform on this machine.",
    "down": "Stop a running stack.",
    "status": "Show what runs and how it is.",
    "doctor": "Name each part that is down, and what to do.",
    "logs": "Read the logs of this machine's stack.",
    "settings": "List every setting with its value.",
    "migrate": "Bring the database's schema up to date.",
    "api": "Run the API.",
    "worker": "Run a worker for some of the queues.",
    "relay": "Run the relay: starts, sweeps, reconciles.",
    "send": "Send one notification, or a file of them.",
    "notifications": "List, watch, cancel, resend and edit notifications.",
    "audiences": "Upload audiences, see what was refused.",
    "keys": "Make, rotate and revoke API keys.",
    "applications": "Make and change applications.",
    "vendors": "Add, order, pause and test vendor accounts.",
    "audit-log": "Read and verify who did what.",
    "staff": "Say who may use the console.",
    "campaigns": "Make, approve, watch and audit campaigns.",
    "profiles": "Make and change people who receive.",
    "groups": "Make and fill sets of people.",
    "suppressions": "Say to whom nothing is sent.",
    "templates": "Write, compare, preview and publish templates.",
    "categories": "Make and change categories of notifications.",
    "audit": "Compare clients, PostgreSQL and vendors.",
}


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    _end(run(_words()))


def run(words: list[str]) -> int:
    """Run one command, and give back its exit code."""
    as_json = asks_for_json(words)
    try:
        app = _app(_asked(words))
        code: Any = app(words, prog_name="tidings", standalone_mode=not as_json)
    except SystemExit as end:
        code = end.code
    except (TidingsError, typer.TyperException, typer.Abort) as error:
        code = tell(error, as_json=as_json)
    return code if isinstance(code, int) else 0 if code is None else 1


def _words() -> list[str]:
    """The command line; while a shell completes it, it comes by the environment."""
    typed = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    return typed.split()[1:] if "_TIDINGS_COMPLETE" in os.environ else sys.argv[1:]


def _asked(words: list[str]) -> str:
    return next((word for word in words if not word.startswith("-")), "")


def _app(asked: str) -> typer.Typer:
    app = typer.Typer(
        name="tidings",
        help="Tidings: every notification of a company, through one API.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # its import doubles the time of `--help`
    )
    for name, summary in COMMANDS.items():
        if name != asked:
            app.command(name, help=summary)(_not_asked_for)
            continue
        module = name.replace("-", "_")
        found = getattr(importlib.import_module(f"deploy.commands.{module}"), module)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name, help=summary)
        else:
            app.command(name)(found)
    return app


def _not_asked_for() -> None:
    """Stands in `--help` for a command whose module was not imported."""


def _end(code: int) -> None:
    if "temporalio" not in sys.modules:
        sys.exit(code)
    # Temporal's SDK can abort the interpreter's own end: all is closed by now, so leave at once.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
