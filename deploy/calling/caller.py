"""What commands that call the API share: --url, --key, --stack and --json, added in one place.

An approver's key is another one than an author's: that is why each command takes its own.
"""

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.sdk import Patience, Tidings
from deploy.calling.stopping import stopping
from deploy.commands.options import DATA, AsJson
from deploy.sending.early_end import exit_codes
from deploy.sending.target import Target, target

Url = Annotated[
    str | None, typer.Option(envvar="TIDINGS_URL", help="The API; else this machine's stack.")
]
Key = Annotated[
    str | None, typer.Option(envvar="TIDINGS_KEY", help="Its API key; an approver has another.")
]
Stack = Annotated[Path, typer.Option(help="The data folder of this machine's stack.")]
Show = Callable[[Console, Any], None]
# A person sees that the API is away, and asks again: no command waits by itself.
IMPATIENT = Patience(seconds=0)


@dataclass(frozen=True, slots=True)
class Caller:
    """The API, with the key that was given, and in which form its answer is told."""

    tidings: Tidings
    target: Target
    as_json: bool
    stack: Path | None  # None: the API was named, and is no stack of this machine

    def tell(self, answer: Mapping[str, Any], show: Show) -> None:
        """The answer as it came, or for a person."""
        if self.as_json:
            typer.echo(json.dumps(answer))
        else:
            show(stdout(), answer)


def stdout() -> Console:
    """Data is no markup, and a pipe's lines are not broken."""
    return Console(highlight=False, markup=False, soft_wrap=True)


def calling(command: Callable[..., None]) -> Callable[..., None]:
    """The command with all options that make its `Caller`, and any other dataclass it takes."""
    own = inspect.signature(command).parameters
    made = {name: maker for name, p in own.items() if (maker := _maker(p.annotation))}
    takes = {name: list(inspect.signature(make).parameters.values()) for name, make in made.items()}

    @wraps(command)
    def run(**given: Any) -> None:
        with exit_codes(as_json=given["as_json"]):
            for name, make in made.items():
                given[name] = make(**{p.name: given.pop(p.name) for p in takes[name]})
            caller: Caller = given["caller"]
            with stopping(caller.target.url), caller.tidings:
                command(**given)

    del run.__wrapped__
    plain = [p for name, p in own.items() if name not in made]
    options = [p for name in reversed(takes) for p in takes[name]]  # the common ones are the last
    parameters = [p.replace(kind=p.KEYWORD_ONLY) for p in (*plain, *options)]
    vars(run)["__signature__"] = inspect.Signature(parameters)
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def _maker(annotation: Any) -> Callable[..., Any] | None:
    if annotation is Caller:
        return _caller
    return annotation if isinstance(annotation, type) and is_dataclass(annotation) else None


def _caller(
    url: Url = None, key: Key = None, stack: Stack = DATA, as_json: AsJson = False
) -> Caller:
    found = target(url, key, stack)
    tidings = Tidings(found.url, found.key, patience=IMPATIENT, agent="tidings-cli")
    return Caller(tidings, found, as_json, None if url else stack)
