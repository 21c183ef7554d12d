"""How pages are routed: not in the OpenAPI document, and nothing is done for a forged request."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from api.console import forgery
from api.console.visits import Needs
from api.json_route import LimitedRequest
from models.errors import BadRequest

PATIENCE_SECONDS = 60.0
FRAGMENT = "fragment"  # the tag of a route that gives a part of a page


class FormRequest(LimitedRequest):
    """Its form is at most so long; what is uploaded is read as it comes, by its own route."""

    most_bytes = 4_000_000

    async def body(self) -> bytes:
        """In time: it is read before anybody has shown who they are."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await super().body()
        except TimeoutError:
            detail = f"the form was not here within {PATIENCE_SECONDS:g} seconds"
            raise BadRequest(detail, field="body", reason="cut_off") from None


class PageRoute(APIRoute):
    """One page, or what one of its forms does."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, behind the check."""
        handle = super().get_route_handler()
        of_guests = not _needs_staff(self.dependant)

        async def checked(request: Request) -> Response:
            ours = FormRequest(request.scope, request.receive)
            if request.method not in forgery.SAFE:
                if forgery.has_form(request):
                    forgery.check_charset(request)
                    await ours.body()
                await forgery.check(ours, of_guests=of_guests)
            return await handle(ours)

        return checked


def _needs_staff(dependant: Dependant) -> bool:
    below = dependant.dependencies
    return any(isinstance(one.call, Needs) or _needs_staff(one) for one in below)


def pages(prefix: str = "") -> APIRouter:
    """A router for one module of pages; `prefix` is below /console."""
    return APIRouter(
        prefix=prefix,
        route_class=PageRoute,
        default_response_class=HTMLResponse,
        include_in_schema=False,
    )
