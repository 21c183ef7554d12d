"""Bodies, read within limits: bytes, depth, and no NUL, which PostgreSQL cannot store."""

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute

from models.errors import BadRequest, Invalid, TooLarge

MOST_BYTES = 1_000_000
DEEPEST = 32


class LimitedRequest(Request):
    """A request whose body is bounded before it is parsed."""

    most_bytes = MOST_BYTES

    async def body(self) -> bytes:
        """At most `most_bytes`; the rest of a longer one is not read."""
        if not hasattr(self, "_body"):
            chunks, size = [], 0
            async for chunk in self.stream():
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

    async def json(self) -> Any:
        """Parsed; BadRequest if it is no JSON, Invalid if it is too deep or holds a NUL."""
        body = await self.body()
        try:
            parsed = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno}"
            raise BadRequest(f"the body is not JSON: {where}", reason="bad_json") from None
        if body.count(b"[") + body.count(b"{") > DEEPEST or b"\\u0000" in body:
            _inspect(parsed)
        return parsed


class LimitedBatchRequest(LimitedRequest):
    """The same for batches, which are longer."""

    most_bytes = 10_000_000


def _inspect(value: Any) -> None:
    """Level by level, without recursion."""
    level = [value]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                below += each.values()
                below += each.keys()
            elif isinstance(each, list):
                below += each
            elif isinstance(each, str) and "\0" in each:
                raise Invalid("NUL characters cannot be stored", field="body", reason="nul")
        if not below:
            return
        level = below
    if any(isinstance(each, (dict, list)) for each in level):
        raise Invalid("the body is too deep", field="body", limit=DEEPEST, reason="json_too_deep")


class JsonRoute(APIRoute):
    """A route whose bodies are limited."""

    request_class: type[LimitedRequest] = LimitedRequest

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, given our request."""
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            return await handle(self.request_class(request.scope, request.receive))

        return limited


class BatchRoute(JsonRoute):
    """The same for batches."""

    request_class = LimitedBatchRequest
