"""What EXPLAIN (ANALYZE, FORMAT JSON) says of a statement."""

from collections.abc import Iterator
from typing import Any


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The plan's nodes, the root first."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def rows_read(node: dict[str, Any]) -> int:
    """How many rows a node looked at in all its loops, those it passed over too."""
    removed = sum(each for name, each in node.items() if name.startswith("Rows Removed"))
    return round((node["Actual Rows"] + removed) * node["Actual Loops"])
