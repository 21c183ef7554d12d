"""Reads the TIDINGS_* variables early, so that a wrong one is named once and not in six logs."""

import os
from collections.abc import Collection
from difflib import get_close_matches

import typer
from pydantic import ValidationError

from deploy.local.refusal import CannotRun
from models.settings import Settings

OF_SEND = ("TIDINGS_URL", "TIDINGS_KEY")


def check_settings() -> Settings:
    """The settings of this environment; CannotRun names the first variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        prefix = "" if name.startswith("TIDINGS_") else "TIDINGS_"
        raise CannotRun(f"{prefix}{name}: {first['msg'].removeprefix('Value error, ')}") from None


def unknown_settings() -> list[str]:
    """The TIDINGS_* variables that nothing reads, each with the one that may be meant."""
    prefix = Settings.model_config["env_prefix"]
    known = {*OF_SEND, *(f"{prefix}{name}".upper() for name in Settings.model_fields)}
    unknown = (name for name in os.environ if name.upper().startswith(prefix))
    return [_with_guess(name, known) for name in sorted(unknown) if name.upper() not in known]


def warn_of_unknown_settings() -> None:
    """A line on stderr if there are any."""
    if unknown := unknown_settings():
        typer.echo(f"tidings: warning: nothing reads {', '.join(unknown)}", err=True)


def _with_guess(name: str, known: Collection[str]) -> str:
    guess = get_close_matches(name.upper(), known, n=1, cutoff=0.85)
    return f"{name} (is {guess[0]} meant?)" if guess else name
