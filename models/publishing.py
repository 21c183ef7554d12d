"""Which version of a template a roll-back leads to; pure.

Publishes are a stack: publishing puts a version on it, rolling back takes off what came after.
"""

from collections.abc import Iterable


def earlier(history: Iterable[tuple[str, int]]) -> int | None:
    """The version to roll back to, None if there is none.

    `history`: kind (published, rolled_back) and version of each publish, the oldest first.
    """
    stack: list[int] = []
    for kind, version in history:
        if kind == "rolled_back" and version in stack:
            del stack[stack.index(version) :]
        elif version in stack:
            stack.remove(version)
        stack.append(version)
    return stack[-2] if len(stack) > 1 else None
