"""Turn every error into an RFC 9457 problem, in one place. It never repeats what was sent."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.fields import ONE_LINE
from models.database import is_away
from models.errors import TidingsError

log = structlog.get_logger()

NOTHING = "the database does not answer; nothing was accepted or changed"
# The statement or its COMMIT was on its way when the answer stayed out.
MAYBE = (
    "the database stopped answering while it wrote: it may have been accepted or changed, or not;"
    " ask again with the same Idempotency-Key"
)
NOT_ONE_LINE = "line breaks or control characters in it"
RETRY = {"Retry-After": "2"}

LIMITS = ("max_length", "min_length", "le", "lt", "ge", "gt", "pattern", "expected")
# pydantic's words for these repeat a part of the input.
OURS = {"extra_forbidden": "unknown_field", "missing": "missing", "uuid_parsing": "not_a_uuid"}


def problem(
    status: int, code: str, detail: str = "", headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """One problem; `type` is a reference to the page that explains the code."""
    content = problem_body(status, code, detail, **more)
    return JSONResponse(content, status, headers=headers, media_type="application/problem+json")


def problem_body(status: int, code: str, detail: str = "", **more: Any) -> dict[str, Any]:
    """The members of a problem; empty ones are left out."""
    body = {
        "type": f"/problems/{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    return {name: value for name, value in body.items() if value not in (None, "")}


def of(error: TidingsError) -> dict[str, Any]:
    """The problem that one of our errors is; `code` is its most precise word."""
    detail = str(error) if error.status < 500 or error.status == 503 else ""
    more = {"field": error.field, "limit": error.limit, **error.facts}
    return problem_body(error.status, error.reason, detail, **more)


async def ours(request: Request, error: TidingsError) -> JSONResponse:
    """Whatever we raise on purpose."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    return JSONResponse(
        of(error), error.status, headers=headers, media_type="application/problem+json"
    )


async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    """FastAPI's own 422: the first offending field, and the limit it breaks."""
    return problem(422, **first_problem(list(error.errors())))


def first_problem(errors: list[Any]) -> dict[str, Any]:
    """Code, detail, field and limit of pydantic's first error; its input is left out."""
    first = errors[0]
    field = _field(*first["loc"])
    found = _shape(first.get("input"))
    context = first.get("ctx", {})
    limit = next((context[name] for name in LIMITS if name in context), None)
    code = OURS.get(first["type"], "invalid")
    if code == "not_a_uuid":
        return {"code": code, "detail": f"want a UUID; found {found}", "field": field}
    if limit == ONE_LINE:
        return {"code": code, "detail": NOT_ONE_LINE, "field": field, "limit": limit}
    said = first["msg"].removeprefix("Value error, ")
    detail = f"{said}; found {found}" if code == "invalid" else said
    return {"code": code, "detail": detail, "field": field, "limit": limit}


def _field(*path: Any) -> str:
    """As the caller wrote it: `to.email`, `Idempotency-Key`; the body as a whole is `body`."""
    where, *rest = path or ("body",)
    if where == "header":
        return "-".join(part.capitalize() for part in str(rest[0]).split("-"))
    parts = rest if where in ("body", "path", "query") else path
    return ".".join(str(part)[:100] for part in parts if part != "[key]") or "body"


def _shape(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return f"a string of {len(value)} characters"
        case list():
            return f"a list of {len(value)}"
        case dict():
            return f"an object of {len(value)} fields"
    return type(value).__name__


async def http(request: Request, error: HTTPException) -> JSONResponse:
    """FastAPI's own 404 and 405, among others."""
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:  # the framework names the first route's alone
        headers["Allow"] = ", ".join(_methods(request))
    field = {404: "path", 405: "method"}.get(status)
    return problem(
        status,
        status.name.lower(),
        status.description,
        headers,
        field=field,
        limit=headers.get("Allow"),
    )


def _methods(request: Request) -> list[str]:
    """All that the path takes, by our own document; one without names goes before the others."""
    paths = request.app.openapi()["paths"]
    if named := paths.get(request.url.path):
        return sorted(method.upper() for method in named)
    found: set[str] = set()
    for path, operations in paths.items():
        if compile_path(path)[0].match(request.url.path):
            found |= {method.upper() for method in operations}
    return sorted(found)


async def unexpected(request: Request, error: Exception) -> JSONResponse:
    """PostgreSQL is away: ask again. Anything else is ours to find in the logs."""
    if is_away(error):
        log.warning("postgresql_away", path=request.url.path, error=type(error).__name__)
        session = getattr(request.state, "session", None)
        wrote = session is not None and "wrote" in session.info
        return problem(503, "database_unavailable", MAYBE if wrote else NOTHING, RETRY)
    log.error("unexpected", path=request.url.path, error=type(error).__name__, exc_info=error)
    return problem(500, "internal")


class Unexpected:
    """Answers what nothing else has answered, and lets it go no further.

    The framework's handler of `Exception` lets it go on, to the application outside and to the
    server: each would list it once more.
    """

    def __init__(self, app: ASGIApp, answer: Callable[..., Awaitable[Response]]) -> None:
        self._app, self._answer = app, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An answer that has begun cannot be another one: the server ends it, and lists why."""
        begun = False

        async def leaving(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, leaving)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            response = await self._answer(Request(scope, receive), error)
            await response(scope, receive, send)


def install(app: FastAPI) -> None:
    """Register the handlers."""
    handlers: dict[Any, Any] = {
        TidingsError: ours,
        RequestValidationError: invalid,
        HTTPException: http,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
    app.add_middleware(Unexpected, answer=unexpected)
