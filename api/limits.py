"""How often a key may call: a token bucket of each API process by itself.

So several processes together let through several times as much; what they guard is the process.
The headers are those of draft-ietf-httpapi-ratelimit-headers-10.
"""

import math
import time
from collections import OrderedDict
from uuid import UUID

from models.errors import RateLimited
from models.repositories.api_keys import Caller

WINDOW_SECONDS = 10  # a bucket holds so much: who was quiet may be quick for a moment
KEPT = 10_000

Headers = list[tuple[bytes, bytes]]


class Bucket:
    """The quota of one key, refilled all the time, up to what a window allows."""

    __slots__ = ("_at", "_policy", "_tokens", "per_second", "quota", "window")

    def __init__(self, per_second: float, now: float) -> None:
        self.per_second = per_second
        self.window = max(WINDOW_SECONDS, math.ceil(1 / per_second))
        self.quota = max(1, int(per_second * self.window))
        self._tokens = float(self.quota)
        self._at = now
        self._policy = b'"key";q=%d;w=%d' % (self.quota, self.window)

    def take(self, now: float) -> float:
        """One request. 0: it may pass; else after how many seconds the next may."""
        self._tokens = min(self.quota, self._tokens + (now - self._at) * self.per_second)
        self._at = now
        if self._tokens < 1:
            return (1 - self._tokens) / self.per_second
        self._tokens -= 1
        return 0

    def headers(self) -> Headers:
        """What is left, and in how many seconds all of it is there again."""
        left = int(self._tokens)
        full = math.ceil((self.quota - self._tokens) / self.per_second)
        said = b'"key";r=%d;t=%d' % (left, full)
        return [(b"ratelimit-policy", self._policy), (b"ratelimit", said)]


class Limits:
    """The buckets of the keys that call this process."""

    def __init__(self, usual_per_second: float) -> None:
        self.usual = usual_per_second
        self._buckets: OrderedDict[UUID, Bucket] = OrderedDict()

    def take(self, caller: Caller) -> tuple[Headers, RateLimited | None]:
        """The headers of the answer; and the problem, if this request is one too many."""
        now = time.monotonic()
        bucket = self._bucket(caller, now)
        wait = bucket.take(now)
        if not wait:
            return bucket.headers(), None
        problem = RateLimited(
            f"more than {bucket.quota} requests in {bucket.window} s",
            field="Authorization",
            limit=bucket.quota,
            retry_after_seconds=math.ceil(wait),
        )
        return bucket.headers(), problem

    def _bucket(self, caller: Caller, now: float) -> Bucket:
        per_second = caller.requests_per_second or self.usual
        bucket = self._buckets.get(caller.key_id)
        if bucket is None or bucket.per_second != per_second:
            bucket = self._buckets[caller.key_id] = Bucket(per_second, now)
            if len(self._buckets) > KEPT:
                self._buckets.popitem(last=False)
        return bucket
