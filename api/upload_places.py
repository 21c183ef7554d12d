"""How many uploads a process takes at once: in all, and of one application or member of the staff.

An upload may come as slowly as it likes, and whoever has one place has it for as long.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from fastapi import Request

from models.errors import RateLimited, Unavailable

ASK_AGAIN_SECONDS = 5


class UploadPlaces:
    """Those of one kind of upload."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self.most, self.most_of_one = most, most_of_one
        self._of: Counter[UUID] = Counter()

    @contextmanager
    def taken(self, request: Request) -> Iterator[None]:
        """One of them; RateLimited if it is one too many of theirs, Unavailable of all."""
        whose = _whose(request)
        if self._of[whose] >= self.most_of_one:
            raise RateLimited(
                f"{self.most_of_one} uploads of yours are under way; nothing was stored",
                limit=self.most_of_one,
                retry_after_seconds=ASK_AGAIN_SECONDS,
                reason="too_many_uploads",
            )
        if self._of.total() >= self.most:
            detail = "too many uploads at once; nothing was stored"
            raise Unavailable(detail, retry_after_seconds=ASK_AGAIN_SECONDS, reason="busy")
        self._of[whose] += 1
        try:
            yield
        finally:
            self._of[whose] -= 1
            self._of += Counter()  # who has none is not kept


def _whose(request: Request) -> UUID:
    """The application of the key, or the member."""
    caller = getattr(request.state, "caller", None)
    id: UUID = caller.application_id if caller else request.state.staff["id"]
    return id
