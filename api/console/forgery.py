"""Requests that change something come from our own pages: their origin, and the form's token."""

import hmac
import re

from fastapi import Request

from api.console.cookies import form_token
from api.console.state import console_of
from models.errors import Forbidden, UnsupportedMediaType

SAFE = ("GET", "HEAD")
WHITE, UTF_8 = re.compile(r'[\s"]'), re.compile(r";charset=utf-8(?=;|$)")
FIELD, HEADER = "form_token", "X-Form-Token"


async def check(request: Request, *, of_guests: bool) -> None:
    """Forbidden, unless it is from a page of ours that was shown to this very visitor.

    `of_guests`: it is for who has no session; the token of a guest's page does.
    """
    _check_origin(request)
    given = request.headers.get(HEADER) or await _in_form(request)
    cookies = console_of(request).cookies
    session, guest = cookies.read(request), cookies.read(request, "visitor")
    tokens = [session, guest] if of_guests or not session else [session]
    known = [form_token(token).encode() for token in tokens if token]
    if not any(hmac.compare_digest(given.encode(), one) for one in known):
        detail = "the form is not of this session: go back, load the page anew and try again"
        raise Forbidden(detail, field=FIELD, reason="form_token")


def _check_origin(request: Request) -> None:
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    ours = origin is None or origin.partition("://")[2] == host
    if site not in ("same-origin", "none") or not ours:
        raise Forbidden("sent from another site", field="Origin", reason="other_origin")


def has_form(request: Request) -> bool:
    """By its type, in any case, as the parser reads it."""
    return "form" in request.headers.get("content-type", "").lower()


def check_charset(request: Request) -> None:
    """UnsupportedMediaType for any but browsers': others make text that can be no text of ours."""
    kind = WHITE.sub("", request.headers.get("content-type", "")).lower()
    if kind.count("charset") != len(UTF_8.findall(kind)):
        raise UnsupportedMediaType("forms are in UTF-8", field="Content-Type", limit="utf-8")


async def _in_form(request: Request) -> str:
    if not has_form(request):
        return ""
    found = (await request.form()).get(FIELD, "")
    return found if isinstance(found, str) else ""
