"""The API as `tidings send` calls it. Every call may be made again: each has one key, or is a GET.

So whatever is not an answer (no connection, silence, a 5xx) is asked again until patience ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sdk
from deploy.sending.refusals import CannotRead, KeyRefused, Unreachable

if TYPE_CHECKING:
    from api.sdk.models import NotificationView
    from deploy.sending.target import Target


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said: `problem` if it refused the body as a whole."""

    body: Mapping[str, Any]
    replayed: bool = False
    problem: bool = False


class Api:
    """Calls with patience; `say` tells a person why it takes longer."""

    def __init__(self, target: Target, retry_for_seconds: float, say: Callable[[str], None]):
        self._url = target.url
        self._retry_for = retry_for_seconds
        self._say = say
        self._told = False  # until there is an answer: of many calls that wait, one says so
        patience = sdk.Patience(seconds=retry_for_seconds, told=self._tell)
        self._tidings = sdk.AsyncTidings(
            target.url, target.key, patience=patience, agent="tidings-send"
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._tidings.close()

    async def send(self, items: Sequence[bytes], key: str) -> Answer:
        """Post a batch under its key."""
        with self._stopping():
            try:
                reply = await self._tidings.batches.post(items, idempotency_key=key)
            except (sdk.BadRequest, sdk.TooLarge, sdk.Invalid) as problem:
                return Answer(problem.body, problem=True)
        return Answer(reply.body, replayed=reply.replayed)

    async def read(self, id: str) -> NotificationView:
        """A notification, with its messages and its timeline."""
        with self._stopping():
            return await self._tidings.notifications.get(id)

    def _tell(self, trouble: str) -> None:
        if not self._told:
            self._told = True
            self._say(f"the API at {self._url} {trouble}; asking again for {self._retry_for:.0f} s")

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        try:
            yield
        except sdk.Unreachable as error:
            raise Unreachable(str(error)) from None
        except sdk.NotTidings as error:
            raise CannotRead(str(error)) from None
        except (sdk.Unauthorized, sdk.Forbidden) as problem:
            detail = problem.detail or "it says nothing more"
            raise KeyRefused(f"the API refuses the key: {detail}", problem.body) from None
        except (sdk.RateLimited, sdk.Unavailable, sdk.Conflict) as problem:
            raise Unreachable(
                f"the API at {self._url} answered {problem.status}", problem.body
            ) from None
        except sdk.Problem as problem:
            words = f"{self._url} answered {problem.status}: is it the address of a Tidings API?"
            raise CannotRead(words, problem.body) from None
        self._told = False
