"""Errors as pages: whole ones, or a box in the page for htmx, which leaves the form as it is."""

from typing import Any
from urllib.parse import urlencode

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from api import errors
from api.console.problems import problem_page
from api.console.visits import LoginRequired, guest, visitor
from models.database import is_away
from models.errors import TidingsError

log = structlog.get_logger()


async def login_required(request: Request, error: Exception) -> Response:
    """To the log-in, and back afterwards."""
    path = request.url.path
    if request.url.query and request.method == "GET":
        path += f"?{request.url.query}"
    back = path if request.method == "GET" and "HX-Request" not in request.headers else "/console/"
    address = f"/console/login?{urlencode({'next': back})}"
    if "HX-Request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


async def ours(request: Request, error: TidingsError) -> Response:
    """Whatever we raise on purpose."""
    problem = errors.of(error)
    response = await _page(request, problem)
    if error.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


async def invalid(request: Request, error: RequestValidationError) -> Response:
    """What an address says that it may not."""
    problem = errors.first_problem(list(error.errors()))
    status = 404 if error.errors()[0]["loc"][0] == "path" else 422
    return await _page(request, {"status": status, **problem})


async def http(request: Request, error: HTTPException) -> Response:
    """The framework's own 404 and 405."""
    return await _page(request, {"status": error.status_code})


async def unexpected(request: Request, error: Exception) -> Response:
    """PostgreSQL is away, or it is ours to find in the logs."""
    path, kind = request.url.path, type(error).__name__
    if is_away(error):
        log.warning("postgresql_away", path=path, error=kind)
        return await _page(request, {"status": 503}, known=False)
    log.error("unexpected", path=path, error=kind, exc_info=error)
    return await _page(request, {"status": 500}, known=False)


async def _page(request: Request, problem: dict[str, Any], *, known: bool = True) -> Response:
    return problem_page(await (visitor(request) if known else guest(request)), problem)


def install(app: FastAPI) -> None:
    """Register the handlers."""
    handlers: dict[Any, Any] = {
        LoginRequired: login_required,
        TidingsError: ours,
        RequestValidationError: invalid,
        HTTPException: http,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
    app.add_middleware(errors.Unexpected, answer=unexpected)
