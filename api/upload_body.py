"""The body of an upload as it comes: within its limit, and not waited for without end."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import Request
from starlette.requests import ClientDisconnect

from models.errors import BadRequest, TidingsError, TooLarge, UnsupportedMediaType

PATIENCE_SECONDS = 60  # between two chunks


class Body:
    """What comes, as long as there is room. `error`: why it ended early."""

    def __init__(self, request: Request, room: int, most_bytes: int) -> None:
        self.error: TidingsError | None = None
        self._stream = request.stream()
        self._room = room
        self._most_bytes = most_bytes

    async def chunks(self) -> AsyncIterator[bytes]:
        """As they come."""
        while (chunk := await self._next()) is not None:
            yield chunk[: self._room]
            self._room -= len(chunk)
            if self._room < 0:
                self.error = too_large("bytes", self._most_bytes)
                return

    async def _next(self) -> bytes | None:
        detail = "the caller left"
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await anext(self._stream, None)
        except ClientDisconnect:
            pass
        except TimeoutError:
            detail = f"nothing came for {PATIENCE_SECONDS} seconds"
        self.error = BadRequest(detail, field="body", reason="cut_off")
        return None


def too_large(what: str, limit: int) -> TooLarge:
    """Of which there are too many; what was there before them is kept."""
    return TooLarge(
        f"more than {limit:,} {what}; those before are kept, and it is not complete",
        field="body",
        limit=limit,
        reason=f"too_many_{what}",
    )


def check_encoding(request: Request) -> None:
    """UnsupportedMediaType if it is compressed."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType(
            "the body must come as it is", field="Content-Encoding", limit="identity"
        )
