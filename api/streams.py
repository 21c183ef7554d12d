"""Streams of server-sent events: so many at once in a process."""

import asyncio

from fastapi import Request

from models.errors import Unavailable

MOST = 200


def places_of(request: Request) -> asyncio.Semaphore:
    """Hold one of them while the stream lasts; Unavailable if all are taken."""
    places: asyncio.Semaphore = request.app.state.streams
    if places.locked():
        raise Unavailable("too many streams at once", retry_after_seconds=5, reason="busy")
    return places
