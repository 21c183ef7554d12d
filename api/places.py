"""Places of a process for what may last as long as its caller likes, such as streams and uploads.

So many in all, and of one caller so many of them: others get theirs. By each process by itself, as
rates.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from fastapi import Request

from models.errors import RateLimited, Unavailable

ASK_AGAIN_SECONDS = 5
Whose = Mapping[str, UUID]  # by a word for what the caller is, such as the key


class Places:
    """Those of `what`; `most_of`: by the words for whose they are."""

    def __init__(self, what: str, most: int, most_of: Mapping[str, int]) -> None:
        self.what, self.most, self.most_of = what, most, most_of
        self.under_way = 0
        self._of: Counter[UUID] = Counter()

    @contextmanager
    def taken(self, whose: Whose) -> Iterator[None]:
        """One of them; RateLimited if it is one too many of theirs, Unavailable of all."""
        for word, id in whose.items():
            self._check(word, id)
        if self.under_way >= self.most:
            raise Unavailable(
                f"too many {self.what} at once; nothing was begun",
                limit=self.most,
                retry_after_seconds=ASK_AGAIN_SECONDS,
                reason="busy",
            )
        self.under_way += 1
        self._of.update(whose.values())
        try:
            yield
        finally:
            self.under_way -= 1
            self._of.subtract(whose.values())
            self._of += Counter()  # who has none is not kept

    def _check(self, word: str, id: UUID) -> None:
        most = self.most_of[word]
        if self._of[id] >= most:
            raise RateLimited(
                f"the {word} has {most} {self.what} under way; nothing was begun",
                field="Authorization",
                limit=most,
                retry_after_seconds=ASK_AGAIN_SECONDS,
                reason=f"too_many_{self.what}",
            )


def uploads(most: int, most_of_one: int) -> Places:
    """For bodies that are stored while they arrive; see `uploader`."""
    return Places("uploads", most, {"application": most_of_one, "member": most_of_one})


def uploader(request: Request) -> Whose:
    """The application of the key, or the member of the staff."""
    caller = getattr(request.state, "caller", None)
    return (
        {"application": caller.application_id} if caller else {"member": request.state.staff["id"]}
    )
