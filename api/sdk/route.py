"""Where the arguments of a call go, by their names.

Into the path, the headers below, `body` and `content` into the body, all others into the query.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from string import Formatter
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from api.sdk.request import JSON, Request, encoded, plain

HEADERS = {
    "idempotency_key": "Idempotency-Key",
    "last_event_id": "Last-Event-ID",
    "upload_offset": "Upload-Offset",
    "upload_complete": "Upload-Complete",
}
REPEATABLE = frozenset({"GET", "PUT", "DELETE"})


class Route:
    """Method, path, and where each argument goes."""

    def __init__(
        self,
        method: str,
        path: str,
        declared: Callable[..., Any],
        content_type: str = "",
        repeatable: bool | None = None,
    ) -> None:
        self.method = method
        self.path = path
        self._declared = declared
        self._content_type = content_type
        self._repeatable = method in REPEATABLE if repeatable is None else repeatable

    @cached_property
    def names(self) -> frozenset[str]:
        """The names in the path."""
        return frozenset(name for _, name, _, _ in Formatter().parse(self.path) if name)

    @cached_property
    def signature(self) -> inspect.Signature:
        """As it is declared, without `self`."""
        whole = inspect.signature(self._declared)
        return whole.replace(parameters=list(whole.parameters.values())[1:])

    def request(self, *given: Any, **named: Any) -> Request:
        """What to ask. A call that can have an Idempotency-Key gets one."""
        bound = self.signature.bind(*given, **named)
        arguments = dict(bound.arguments)
        has_body = "body" in self.signature.parameters
        body = arguments.pop("body", {})
        content = arguments.pop("content", None)
        keyed = "idempotency_key" in self.signature.parameters
        if keyed and arguments.get("idempotency_key") is None:
            arguments["idempotency_key"] = str(uuid4())
        said = {n: arguments.pop(n) for n in HEADERS if n in arguments}
        headers = {HEADERS[n]: str(value) for n, value in said.items() if value is not None}
        if content_type := JSON if has_body else self._content_type:
            headers["Content-Type"] = content_type
        path = {name: quote(str(arguments.pop(name)), safe="") for name in self.names}
        return Request(
            method=self.method,
            path=self.path.format(**path),
            query=_query(arguments),
            headers=headers,
            content=encoded(body) if has_body else content,
            repeatable=keyed or self._repeatable,
        )


def _query(arguments: Mapping[str, Any]) -> dict[str, Any]:
    query: dict[str, Any] = {}
    for name, value in arguments.items():
        if isinstance(value, Mapping):  # metadata={"order": "4711"} is metadata.order=4711
            query |= {f"{name}.{key}": _word(each) for key, each in value.items()}
        elif value is not None:
            query[name.rstrip("_")] = _word(value)  # from_, which Python keeps for itself
    return query


def _word(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return [_word(each) for each in value]
    return value if isinstance(value, str | int | float) else plain(value)
