"""Bodies, read within limits: bytes, depth, and nothing that PostgreSQL or a double cannot hold.

Read before FastAPI reads them: it would turn our errors into a 400 without a word.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from itertools import chain
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from models.errors import BadRequest, Invalid, TooLarge, UnsupportedMediaType

MOST_BYTES = 1_000_000
DEEPEST = 32
GREATEST = 2**64 - 1  # what JSON libraries keep exactly; beyond it, 123…9 would become 1.2e+29
LONG_NUMBER = re.compile(rb"[0-9]{19}")
JSON_TYPE = re.compile(r"application/(json|[\w.-]+\+json) *(;.*)?", re.IGNORECASE | re.ASCII)


class LimitedRequest(Request):
    """A request whose body is bounded before it is parsed."""

    most_bytes = MOST_BYTES

    async def body(self) -> bytes:
        """At most `most_bytes`; the rest of a longer one is not read."""
        if not hasattr(self, "_body"):
            chunks, size = [], 0
            async for chunk in self._chunks():
                size += len(chunk)
                if size > self.most_bytes:
                    raise TooLarge(
                        f"the body is longer than {self.most_bytes} bytes",
                        field="body",
                        limit=self.most_bytes,
                        reason="body_too_large",
                    )
                chunks.append(chunk)
            self._body = b"".join(chunks)
        return self._body

    async def _chunks(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self.stream():
                yield chunk
        except ClientDisconnect:  # nobody is there to read it; it is no error of ours
            raise BadRequest("the caller left", field="body", reason="cut_off") from None

    async def json(self) -> Any:
        """Parsed; the error names what is wrong with it."""
        if not hasattr(self, "_json"):
            if not JSON_TYPE.fullmatch(self.headers.get("content-type", "")):
                raise UnsupportedMediaType(
                    "the body must be JSON", field="Content-Type", limit="application/json"
                )
            self._json = _parsed(await self.body())
        return self._json


class LimitedBatchRequest(LimitedRequest):
    """The same for batches, which are longer."""

    most_bytes = 10_000_000


def _parsed(body: bytes) -> Any:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if "depth limit" in error.msg:
            raise _too_deep() from None
        where = f"{error.msg}, line {error.lineno}, column {error.colno}"
        raise BadRequest(f"not JSON in UTF-8: {where}", field="body", reason="bad_json") from None
    if body.count(b"[") + body.count(b"{") > DEEPEST or b"\\u0000" in body:
        _inspect(parsed)
    if LONG_NUMBER.search(body):
        json.loads(body, parse_int=_bounded)
    return parsed


def _inspect(value: Any) -> None:
    """Level by level, without recursion."""
    level, depth = [("body", value)], 0
    while level:
        depth += 1
        below: list[tuple[str, Any]] = []
        for name, each in level:
            if isinstance(each, str) and "\0" in each:
                raise Invalid("NUL characters cannot be stored", field=name[:100], reason="nul")
            if isinstance(each, (dict, list)):
                below += _parts(name, each)
        if depth > DEEPEST and any(isinstance(each, (dict, list)) for _, each in level):
            raise _too_deep()
        level = below


def _parts(name: str, whole: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(whole, list):
        return ((name, part) for part in whole)
    return chain(((name, key) for key in whole), whole.items())


def _too_deep() -> Invalid:
    detail = f"more than {DEEPEST} levels of lists and objects"
    return Invalid(detail, field="body", limit=DEEPEST, reason="json_too_deep")


def _bounded(digits: str) -> int:
    if len(digits) > len(str(GREATEST)) + 1 or abs(number := int(digits)) > GREATEST:
        raise Invalid(
            "an integer of more than 64 bits; send it as a string",
            field="body",
            limit=GREATEST,
            reason="number_too_large",
        )
    return number


class JsonRoute(APIRoute):
    """A route whose bodies are limited."""

    request_class: type[LimitedRequest] = LimitedRequest

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, given our request."""
        handle = super().get_route_handler()
        has_body = self.body_field is not None

        async def limited(request: Request) -> Response:
            checked = self.request_class(request.scope, request.receive)
            if has_body:
                await checked.json()
            return await handle(checked)

        return limited


class BatchRoute(JsonRoute):
    """The same for batches."""

    request_class = LimitedBatchRequest
