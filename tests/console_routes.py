"""The console's routes, from its route table: what a test asks of each, a new one gets too."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from uuid_utils.compat import uuid7

from api.console import app, visits
from api.console.routes import FRAGMENT, PageRoute

NOBODY = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Page:
    """One method of one route; `needs`: what its visitor must be allowed, None for guests."""

    method: str
    path: str
    needs: visits.Needs | None
    tags: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        """With something in the place of its parameters that nobody has."""
        return re.sub(r"{\w+}", NOBODY, self.path)

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.path)))

    @property
    def is_fragment(self) -> bool:
        return FRAGMENT in self.tags


def every() -> list[Page]:
    """All of them, in the order of the modules."""
    return list(_pages())


def _pages() -> Iterator[Page]:
    for module in app.PAGES:
        for route in module.router.routes:
            assert isinstance(route, APIRoute)
            assert isinstance(route, PageRoute), f"{route.path}: forged requests are not refused"
            for method in sorted(route.methods):
                yield Page(method, route.path, _needs(route.dependant), tuple(route.tags))


def _needs(dependant: Dependant) -> visits.Needs | None:
    """The strictest: what a route names itself comes before what its dependencies need."""
    for one in dependant.dependencies:
        if isinstance(one.call, visits.Needs):
            return one.call
    return next(filter(None, map(_needs, dependant.dependencies)), None)


def once() -> str:
    return str(uuid7())
