"""One HTTP call to a sandbox vendor: read it, apply the fault if there is one, accept, answer.

A bad request is refused before faults are looked at, so that it never uses one up.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web

from deploy.local.sandbox.desk import Desk
from deploy.local.sandbox.effects import Effect
from deploy.local.sandbox.faults import ERRORS, Fault, Rule

RETRY_AFTER = {"Retry-After": "2"}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; a body of None is none at all."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        """As aiohttp sends it."""
        if self.body is None:
            return web.Response(status=self.status, headers=self.headers)
        return web.Response(
            status=self.status,
            body=orjson.dumps(self.body),
            headers=self.headers,
            content_type="application/json",
        )

    def half(self) -> bytes:
        """The bytes up to the middle of the body, or of the head where there is no body."""
        body = b"" if self.body is None else orjson.dumps(self.body)
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        head = "\r\n".join([*lines, "", ""]).encode()
        return head + body[: len(body) // 2] if body else head[: len(head) // 2]


class Refused(Exception):
    """The request breaks one of the vendor's rules; `answer` is the vendor's own."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Call:
    """A request that the vendor would accept: what it leads to, and the answer to it."""

    account: str
    effects: Sequence[Effect]
    answer: Answer
    # For a call with many recipients: the refusal that names this one, or the first for None.
    refusal: Callable[[str | None], Answer] | None = None


def endpoint(
    desk: Desk,
    vendor: str,
    errors: Mapping[Fault, Answer],
    read: Callable[[web.Request], Awaitable[Call]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler of a vendor's send call. `errors` words each fault that is answered."""

    async def handle(request: web.Request) -> web.Response:
        try:
            call = await read(request)
        except Refused as refused:
            desk.refusals[vendor] += 1
            return refused.answer.response()
        rule = desk.faults.take(vendor, call.account, {effect.to for effect in call.effects})
        fault = rule.fault if rule else None
        if rule and rule.fault in ERRORS:
            desk.refusals[vendor] += 1
            return _refusal(call, rule, errors).response()
        if request.transport is None:  # the sender has left: nobody to accept it from
            raise web.HTTPBadRequest
        half = call.answer.half() if fault is Fault.HALF_BODY else b""
        await desk.accept(call.effects, rule, request.transport, half)
        if fault is Fault.ERROR_AFTER:
            return errors[fault].response()
        return call.answer.response()

    return handle


def _refusal(call: Call, rule: Rule, errors: Mapping[Fault, Answer]) -> Answer:
    if rule.fault is Fault.REFUSE and call.refusal:
        return call.refusal(rule.to)
    return errors[rule.fault]


def json_object(body: bytes) -> dict[str, Any] | None:
    """The body as a JSON object, or None if it is anything else."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
