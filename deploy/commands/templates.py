"""`tidings templates`: write, compare, preview, publish. docs/templates.md is the contract.

Exit codes: 0 done, 1 the API does not do that, 2 the command makes no sense or the key is refused,
3 the API does not answer.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from api.sdk.templates import Templates
from deploy.authoring.editing import saved_from_editor, saved_from_file
from deploy.authoring.letter import Letter, written
from deploy.authoring.views import (
    show_diff,
    show_made,
    show_preview,
    show_published,
    show_saved,
    show_template,
    show_templates,
    show_version,
)
from deploy.calling.caller import Caller, calling
from deploy.calling.listing import Paging, show_list
from deploy.campaigning.drafting import variables
from deploy.sending.items import CHANNELS
from deploy.sending.refusals import CannotRead, Refused

Name = Annotated[str, typer.Argument(metavar="NAME", help="The template's name.")]
Version = Annotated[int | None, typer.Argument(metavar="[VERSION]", min=1)]
File = Annotated[
    Path | None, typer.Option(help="Instead of an editor: a file as `show NAME VERSION` prints it.")
]
Expected = Annotated[
    int | None, typer.Option(help="Only if this version is published now; 0: none.", min=0)
]
Category = Annotated[str | None, typer.Option(help="newsletter …")]
FIRST = written(
    {
        "email": {"default": {"subject": "Hello {{ name }}", "text": "Hello {{ name }}!\n"}},
        "sms": {"default": {"text": "Hello {{ name }}!"}},
    },
    {"name": "string"},
)

templates = typer.Typer(help="Templates: write, preview, publish.", no_args_is_help=True)


@templates.command("list")
@calling
def list_templates(
    caller: Caller,
    paging: Paging,
    search: Annotated[str, typer.Option(help="A part of the name.")] = "",
    category: Category = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="Deleted ones too.")] = False,
) -> None:
    """List them, by name."""
    filters = {"search": search, "category": category, "archived": deleted}
    show_list(caller, Templates.list, paging, show_templates, **filters)


@templates.command()
@calling
def show(caller: Caller, name: Name, version: Version = None) -> None:
    """Show its versions and publishes, or what one VERSION says."""
    if version is None:
        caller.tell(caller.tidings.templates.get(name), show_template)
    else:
        caller.tell(caller.tidings.templates.version(name, version), show_version)


@templates.command()
@calling
def new(caller: Caller, name: Name, category: Category = None, file: File = None) -> None:
    """Make one: its first version, by $EDITOR or a file. It is a draft."""

    def save(letter: Letter) -> Any:
        more = {"category": category} if category else {}
        return caller.tidings.templates.create(**{"name": name, **more, **letter.body()})

    _tell_saved(caller, _saved(name, FIRST, file, save), show_made)


@templates.command()
@calling
def edit(
    caller: Caller,
    name: Name,
    of: Annotated[
        int | None, typer.Option("--from", help="Begin with this version; else the latest.", min=1)
    ] = None,
    file: File = None,
) -> None:
    """Write a new version in $EDITOR, or give it as a file. It is a draft until it is published.

    What does not compile is not saved: the line is named, and your text is kept.
    """
    latest = caller.tidings.templates.get(name)["latest"]
    before = caller.tidings.templates.version(name, of or latest)

    def save(letter: Letter) -> Any:
        return caller.tidings.templates.add_version(name, **letter.body())

    answer = _saved(name, written(before["content"], before["types"]), file, save)
    _tell_saved(caller, answer, show_saved)
    if answer and answer["number"] > latest + 1:
        typer.echo(f"tidings: version {answer['number'] - 1} was made meanwhile", err=True)


@templates.command()
@calling
def diff(caller: Caller, name: Name, version: Version = None, other: Version = None) -> None:
    """Compare two versions; else the published one with the latest. Exit code 1 if they differ."""
    if version is None or other is None:
        view = caller.tidings.templates.get(name)
        version, other = version or view["published"], other or view["latest"]
        if version is None:
            raise CannotRead("no version is published: name two versions")
    found = caller.tidings.templates.diff(name, version, other)
    caller.tell(found, show_diff)
    if found["items"] or found["variables_added"] or found["variables_removed"]:
        raise typer.Exit(1)


@templates.command()
@calling
def publish(caller: Caller, name: Name, version: Version = None, expected: Expected = None) -> None:
    """Publish a version, else the latest. It counts from the next request on.

    If somebody else publishes at the same time, one of you is refused.
    """
    number = version or caller.tidings.templates.get(name)["latest"]
    answer = caller.tidings.templates.publish(name, number, **_expecting(expected))
    caller.tell(answer, show_published)


@templates.command()
@calling
def rollback(
    caller: Caller, name: Name, version: Version = None, expected: Expected = None
) -> None:
    """Publish an earlier version again, else the one before."""
    body = {"version": version} if version else {}
    answer = caller.tidings.templates.roll_back(name, **{**body, **_expecting(expected)})
    caller.tell(answer, show_published)


@templates.command()
@calling
def preview(
    caller: Caller,
    name: Name,
    channel: Annotated[str, typer.Option(help=f"One of {', '.join(CHANNELS)}.")] = "email",
    locale: Annotated[str, typer.Option(help="de, pt-BR …")] = "",
    version: Annotated[int | None, typer.Option(help="Else the latest.", min=1)] = None,
    file: Annotated[Path | None, typer.Option(help="A file that is not saved yet.")] = None,
    data: Annotated[list[str] | None, typer.Option(help="A variable: name=Ada.")] = None,
    data_file: Annotated[Path | None, typer.Option(help="All variables: a JSON object.")] = None,
) -> None:
    """Show what would be sent, and what its author should know. Nothing is sent."""
    if file and version:
        raise CannotRead("give --file or --version, not both")
    given = {**(_object(data_file) if data_file else {}), **variables(data or ())}
    body: dict[str, Any] = {"channel": channel, "locale": locale, "data": given}

    def show_letter(letter: Letter) -> Any:
        return caller.tidings.templates.preview(name, **{**body, **letter.body()})

    if file:
        answer = saved_from_file(file, show_letter)
    else:
        more = {"version": version} if version else {}
        answer = caller.tidings.templates.preview(name, **{**body, **more})
    caller.tell(answer, show_preview)


@templates.command()
@calling
def move(
    caller: Caller,
    name: Name,
    category: Annotated[str, typer.Argument(metavar="CATEGORY", help="none: out of any.")],
) -> None:
    """Put it into another category, for what is accepted from now on."""
    wanted = None if category == "none" else category
    caller.tell(caller.tidings.templates.edit(name, category=wanted), show_template)


@templates.command()
@calling
def delete(
    caller: Caller,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete it: sends with it are refused. What something open uses is not deleted."""
    if not yes and not typer.confirm(f"Delete {name}?", err=True):
        raise Refused("nothing was deleted")
    caller.tidings.templates.delete(name)
    caller.tell({"deleted": name}, lambda console, _: console.print(f"{name}  deleted"))


def _saved(name: str, text: str, file: Path | None, save: Any) -> Any:
    return saved_from_file(file, save) if file else saved_from_editor(name, text, save)


def _tell_saved(caller: Caller, answer: Any, show: Any) -> None:
    if answer is None:
        typer.echo("tidings: nothing was changed, nothing is saved", err=True)
    else:
        caller.tell(answer, show)


def _expecting(expected: int | None) -> Any:
    return {} if expected is None else {"expected_published": expected}


def _object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CannotRead(f"cannot read {path} ({error.strerror})") from None
    except ValueError:
        raise CannotRead(f"{path} is not JSON in UTF-8") from None
    if not isinstance(found, dict):
        raise CannotRead(f"{path} is no JSON object")
    return found
