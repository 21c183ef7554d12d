"""Many notifications, in calls of up to 1,000."""
# mypy: disable-error-code="empty-body"

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Unpack
from uuid import uuid4

from api.sdk.calls import feed, operation, procedure
from api.sdk.chunks import chunks
from api.sdk.request import JSON, Reply, Request, encoded
from api.sdk.resource import D, Resource
from api.sdk.steps import Feed, Give, Steps

if TYPE_CHECKING:
    from api.sdk.models import BatchCreate, BatchItem, BatchView, ItemView

PATH = "/v1/notifications/batch"
MOST_ITEMS = 1000
MOST_BYTES = 9_000_000  # the API takes ten million


class Batches(Resource[D]):
    """Each item has a result of its own: a bad one holds up no other."""

    @operation("POST", "/v1/notifications/batch")
    def create(
        self, *, idempotency_key: str | None = None, **body: Unpack[BatchCreate]
    ) -> BatchView:
        """Accept up to 1,000 in one call."""

    @feed
    def send(
        self, items: Iterable[BatchItem], /, *, idempotency_key: str | None = None
    ) -> Feed[ItemView]:
        """Send any number, and give each one's result, in order; `index` counts them all.

        A call is made when its results are asked for: consume them all. With the same key the same
        items are accepted once, also by another run that begins at the first.
        """
        key, first = idempotency_key or str(uuid4()), 0
        encoding = map(encoded, items)
        for number, chunk in enumerate(chunks(encoding, MOST_ITEMS, MOST_BYTES)):
            reply = yield from Batches.post.steps(self, chunk, idempotency_key=f"{key}-{number}")
            for result in reply.body["items"]:
                result["index"] += first
                yield Give(result)
            first += len(chunk)

    @procedure
    def post(self, items: Iterable[bytes], /, *, idempotency_key: str) -> Steps[Reply]:
        """One call with up to 1,000 items that are JSON already; `replayed` is in the reply."""
        headers = {"Idempotency-Key": idempotency_key, "Content-Type": JSON}
        content = b'{"items":[' + b",".join(items) + b"]}"
        request = Request("POST", PATH, headers=headers, content=content, repeatable=True)
        reply: Reply = yield from self.driver.core.exchange(request)
        return reply
