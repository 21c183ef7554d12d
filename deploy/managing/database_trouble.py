"""What PostgreSQL's refusals mean to whoever gave a command: one line, and never a password."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from deploy.local.refusal import CannotRun
from models import database

ADVICE = {
    "28": "refuses the user or the password",
    "3D": "has no such database",
    "42P01": "has no tables of ours: run `tidings migrate`",
    "42703": "has the tables of another release: run `tidings migrate`",
    "42501": "does not let this user do that",
}


@contextmanager
def told_in_one_line(url: str, hint: str = "") -> Iterator[None]:
    """Turns what a person can mend into CannotRun: `hint` says how to bring it back."""
    try:
        yield
    except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        words = _words(error, hint)
        if words is None:
            raise
        raise CannotRun(f"PostgreSQL at {_where(url)} {words}") from None


def _words(error: Exception, hint: str) -> str | None:
    state = _sqlstate(error)
    for start, words in ADVICE.items():
        if state.startswith(start):
            return words
    if not database.is_away(error):
        return None
    cause = getattr(error, "orig", None) or error
    return f"does not answer ({type(cause).__name__}){hint and f': {hint}'}"


def _sqlstate(error: Exception) -> str:
    for each in (error, getattr(error, "orig", None)):
        if state := getattr(each, "sqlstate", None):
            return str(state)
    return ""


def _where(url: str) -> str:
    """Host, port and database: without who, and with which password."""
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"
