"""The Idempotency-Key as callers send it, and the answers they get; who is first, SQL decides."""

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from api.deps import IDEMPOTENCY_KEY as NAME
from models.errors import Invalid
from models.repositories import idempotency
from models.repositories.idempotency import Answer, Scope
from models.sessions import Session

LONGEST = 255
PRINTABLE = r"^[\x20-\x7e]+$"


async def _key(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias=NAME,
            # Checked here, where its quotes are known.
            json_schema_extra={"minLength": 1, "maxLength": LONGEST + 2, "pattern": PRINTABLE},
            examples=["order-4711"],
            description="1–255 printable ASCII characters, bare or quoted; kept for seven days",
        ),
    ] = None,
) -> str | None:
    if len(request.headers.getlist(NAME)) > 1:
        raise Invalid("sent more than once", field=NAME)
    if key is None:
        return None
    bare = key[1:-1] if len(key) > 1 and key[0] == key[-1] == '"' else key
    if not 1 <= len(bare) <= LONGEST:
        raise Invalid(f"{len(bare)} characters; want 1 to {LONGEST}", field=NAME, limit=LONGEST)
    if not re.fullmatch(PRINTABLE, bare):
        raise Invalid("want printable ASCII characters only", field=NAME)
    return bare


IdempotencyKey = Annotated[str | None, Depends(_key)]


def scope_of(application_id: UUID, route: str, key: str | None) -> Scope | None:
    """Where the key means something; None without a key."""
    return Scope(application_id, route, key) if key else None


def fingerprint_of(body: Any) -> bytes:
    """What tells one body from another; the order of its fields does not."""
    return sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


def answered(answer: Answer, *, replayed: bool = False) -> Response:
    """The stored answer, byte for byte."""
    headers = {"Idempotency-Replayed": "true"} if replayed else {}
    return Response(answer.body, answer.status, headers, "application/json")


async def made_once(
    session: Session, scope: Scope | None, asked: Any, make: Callable[[], Awaitable[BaseModel]]
) -> Response:
    """201 with what `make` makes; under a key that was used, what was made then.

    `asked`: all that the caller says, as JSON; with another, the key is refused.
    """
    if scope is None:
        return answered(Answer(201, (await make()).model_dump_json().encode()))
    fingerprint = fingerprint_of(asked)
    if before := await idempotency.begin(session, scope, fingerprint):
        return answered(before, replayed=True)
    answer = Answer(201, (await make()).model_dump_json().encode())
    await idempotency.finish(session, scope, fingerprint, answer)
    return answered(answer)
