"""What one key may give another: never more than it has itself. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from models.campaign import person
from models.errors import Forbidden, Invalid
from models.keys import SCOPES

# What two people do for one campaign: a key in another's name would make them one.
OF_PEOPLE = ("campaigns:write", "campaigns:approve")


class Giver(Protocol):
    """Whoever makes a key by the API."""

    @property
    def owner(self) -> str:
        """Who answers for it."""

    @property
    def scopes(self) -> frozenset[str]:
        """What it may do."""

    @property
    def expires_at(self) -> datetime | None:
        """Until when; None: for ever."""

    @property
    def requests_per_second(self) -> float | None:
        """Its limit, if it is not the usual one."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a new key shall be able to do."""

    scopes: Sequence[str]
    expires_at: datetime | None = None
    requests_per_second: float | None = None


def check(grant: Grant, giver: Giver, usual_per_second: float) -> None:
    """Forbidden names the first thing that the giver has not; Invalid a scope that nobody has."""
    for place, scope in enumerate(grant.scopes):
        if scope not in SCOPES:
            raise Invalid("no such scope", field=f"scopes.{place}", reason="unknown_scope")
        if scope not in giver.scopes:
            raise _more(f"your key lacks the scope {scope}", f"scopes.{place}", scope)
    ends = giver.expires_at
    if ends and (grant.expires_at is None or grant.expires_at > ends):
        raise _more("your key ends before that", "expires_at", ends.isoformat())
    most = giver.requests_per_second or usual_per_second
    if grant.requests_per_second and grant.requests_per_second > most:
        raise _more("your key may ask less often", "requests_per_second", f"{most:g}")


def check_owner(grant: Grant, owner: str, giver: Giver) -> None:
    """Forbidden, if the key could make or approve campaigns as somebody else."""
    scope = next((scope for scope in OF_PEOPLE if scope in grant.scopes), None)
    if scope and person(owner) != person(giver.owner):
        raise _more(f"in another's name no key gives {scope}", "owner", giver.owner)


def _more(detail: str, field: str, limit: str) -> Forbidden:
    return Forbidden(detail, field=field, limit=limit, reason="more_than_own")
