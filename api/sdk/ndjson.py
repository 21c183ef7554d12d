"""Many things a call, a JSON object a line; more than a call takes are more calls."""

from collections.abc import Callable, Iterable
from typing import Any

from api.sdk.chunks import chunks
from api.sdk.steps import Steps

NDJSON = "application/x-ndjson"
MOST_LINES = 10_000  # a call that breaks off costs little
MOST_BYTES = 4_000_000
LATEST = "members"  # not a count of what the call did


def in_bulk(items: Iterable[bytes], call: Callable[[bytes], Steps[Any]]) -> Steps[Any]:
    """The answers of all calls as one: counts summed up, lines counted through."""
    whole: dict[str, Any] = {}
    for lines in chunks(items, MOST_LINES, MOST_BYTES):
        answer = dict((yield from call(b"\n".join(lines) + b"\n")))
        for refusal in answer["refusals"]:
            refusal["line"] += whole.get("lines", 0)
        whole = {name: _with(whole, name, value) for name, value in answer.items()}
    return whole or dict((yield from call(b"")))


def _with(whole: dict[str, Any], name: str, value: Any) -> Any:
    return value if name == LATEST or name not in whole else whole[name] + value
