"""Writing a version in an editor. What does not compile is not saved, and its text is kept."""

import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import typer

from api import sdk
from deploy.authoring.letter import Letter, read
from deploy.sending.account import printable
from deploy.sending.refusals import CannotRead, Refused

LINE = re.compile(r"line (\d+)")
Save = Callable[[Letter], Any]


def saved_from_file(path: Path, save: Save) -> Any:
    """What saving the file answers."""
    return _saved(path, save)


def saved_from_editor(name: str, text: str, save: Save) -> Any:
    """What saving it answers, once its author has left the editor; None: nothing was changed."""
    folder = Path(tempfile.mkdtemp(prefix="tidings-"))
    path = folder / f"{name}.letter"
    _write(path, text)
    while True:
        _edit(path)
        if _text(path) == text:
            _remove(path)
            return None
        try:
            answer = _saved(path, save)
        except Exception as error:
            if not (_may_mend(error) and _again(error)):
                typer.echo(f"tidings: the text is kept in {path}", err=True)
                raise
        else:
            _remove(path)
            return answer


def _saved(path: Path, save: Save) -> Any:
    letter = read(_text(path))
    try:
        return save(letter)
    except sdk.Invalid as error:
        raise Refused(f"{_where(path, letter, error)}{printable(str(error))}") from None


def _where(path: Path, letter: Letter, error: sdk.Invalid) -> str:
    """The line of the file: that of the part is the error's own."""
    first = letter.lines.get(error.field or "")
    if first is None:
        return ""
    found = LINE.match(error.detail)
    return f"{path}:{first + int(found[1]) - 1 if found else first}: "


def _may_mend(error: Exception) -> bool:
    return isinstance(error, CannotRead | Refused) and sys.stdin.isatty()


def _again(error: Exception) -> bool:
    typer.echo(f"tidings: {error}", err=True)
    return typer.confirm("Edit it again?", default=True, err=True)


def _edit(path: Path) -> None:
    try:
        click.edit(filename=str(path))
    except click.ClickException as error:
        raise CannotRead(f"{error.message}; its text is in {path}") from None


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return file.read()
    except OSError as error:
        raise CannotRead(f"cannot read {path} ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise CannotRead(f"{path} is not UTF-8 (byte {error.start})") from None


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)


def _remove(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()
