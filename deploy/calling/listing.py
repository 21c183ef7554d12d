"""The first of a list that the API gives page by page."""

from collections.abc import Iterable
from itertools import islice
from typing import Annotated, Any

import typer

MOST_OF_A_PAGE = 100

Limit = Annotated[int, typer.Option(help="At most so many.", min=1)]


def page_size(limit: int) -> int:
    """How many to ask for at a time."""
    return min(limit, MOST_OF_A_PAGE)


def first(found: Iterable[Any], limit: int) -> dict[str, Any]:
    """So many of them, as the object of `--json`."""
    return {"items": list(islice(found, limit))}
