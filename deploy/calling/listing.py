"""Lists that the API gives page by page: how many to show, and where to go on."""

from dataclasses import dataclass
from typing import Annotated, Any, cast

import typer

from api.sdk.calls import Listing, Many
from deploy.calling.caller import Caller, Show
from deploy.managing.listing import say_more

MOST_OF_A_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """The options of every list that may be long."""

    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 20
    cursor: Annotated[
        str | None, typer.Option(help="Go on behind a list that said this; same filters.")
    ] = None
    every: Annotated[bool, typer.Option("--all", help="All there are, however many.")] = False


def show_list(
    caller: Caller, of: Many[..., Any], paging: Paging, show: Show, *path: Any, **filters: Any
) -> None:
    """Ask until there are enough, and say where the list goes on: `next`, or a line on stderr."""
    route = cast("Listing[..., Any]", of).route
    items: list[Any] = []
    after = paging.cursor
    while True:
        size = MOST_OF_A_PAGE if paging.every else min(MOST_OF_A_PAGE, paging.limit - len(items))
        request = route.request(*path, after=after, limit=size, **filters)
        page = caller.tidings.ask(request).body
        items += page["items"]
        after = page["next"]
        if after is None or (not paging.every and len(items) >= paging.limit):
            break
    caller.tell({"items": items, "next": after}, show)
    if after is not None and not caller.as_json:
        say_more(after)
