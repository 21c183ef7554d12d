"""Bodies, read by callers we know, within limits; and queries without unknown names.

Read before FastAPI reads them: it would read before it asks for a key, and would turn our errors
into a 400 without a word.
"""

import re
from collections.abc import AsyncIterator, Callable, Coroutine
from hashlib import sha256
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import Scope

from api.deps import caller_of
from api.json_body import check, is_large, parse
from api.query_names import QueryNames
from models.errors import BadRequest, Invalid, TooLarge, UnsupportedMediaType

MOST_BYTES = 1_000_000
MOST_BYTES_OF_A_BATCH = 10_000_000
JSON_TYPE = re.compile(r"application/(json|[\w.-]+\+json) *(;.*)?", re.IGNORECASE | re.ASCII)


class LimitedRequest(Request):
    """A request whose body is bounded before it is parsed."""

    most_bytes = MOST_BYTES
    long = ""  # the path of the list that may be longer than others

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
            if self.headers.get("content-encoding", "identity").lower() != "identity":
                raise UnsupportedMediaType(
                    "the body must come as it is", field="Content-Encoding", limit="identity"
                )
            self._json = self.checked(await self.body())
        return self._json

    def checked(self, body: bytes) -> Any:
        """The body's value, or the first thing that is wrong with it."""
        value, doubtful = parse(body)
        if doubtful or is_large(body):
            check(value, long=self.long)
        return value


class LimitedCampaignRequest(LimitedRequest):
    """The same for campaigns, whose audience may be in the body."""

    most_bytes = MOST_BYTES_OF_A_BATCH
    long = "audience.recipients"


class LimitedBatchRequest(LimitedRequest):
    """The same for batches, which are longer; what one item holds is that item's own problem."""

    most_bytes = MOST_BYTES_OF_A_BATCH
    long = "items"

    def checked(self, body: bytes) -> Any:
        """The batch's value; items that cannot be stored are set aside in `state.refused`."""
        value, doubtful = parse(body)
        if is_large(body):
            check(value, values=False, long=self.long)
        self.state.refused = {}
        if not doubtful:
            return value
        if not isinstance(value, dict) or not isinstance(value.get("items"), list):
            check(value)
            return value
        items = value["items"]
        check({name: part for name, part in value.items() if name != "items"})
        self.state.refused = {i: error for i, item in enumerate(items) if (error := _wrong(item))}
        kept = [_digest(x) if i in self.state.refused else x for i, x in enumerate(items)]
        return value | {"items": kept}


def _digest(item: Any) -> str:
    """Stands for an item that is refused, so that another body keeps another fingerprint."""
    return sha256(repr(item).encode()).hexdigest()


def _wrong(item: Any) -> Invalid | None:
    try:
        check(item)
    except Invalid as error:
        return error
    return None


class JsonRoute(APIRoute):
    """A route whose bodies are limited, and all it is told read only for those who have a key."""

    request_class: type[LimitedRequest] = LimitedRequest

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """A path without names is no other path's name: `batch` is no notification's id."""
        match, found = super().matches(scope)
        if found.get("path_params") and scope["path"] in scope["app"].state.paths_without_names:
            return Match.NONE, {}
        return match, found

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, given our request."""
        handle = super().get_route_handler()
        field = self.body_field
        has_body = field is not None
        needs_body = field is not None and field.field_info.is_required()
        names = QueryNames(self)

        async def limited(request: Request) -> Response:
            checked = self.request_class(request.scope, request.receive)
            if has_body or request.scope["query_string"]:
                await caller_of(checked)
                names.check(checked)
            if needs_body or (has_body and await checked.body()):
                await checked.json()
            return await handle(checked)

        return limited


class BatchRoute(JsonRoute):
    """The same for batches."""

    request_class = LimitedBatchRequest


class CampaignRoute(JsonRoute):
    """The same for campaigns."""

    request_class = LimitedCampaignRequest
