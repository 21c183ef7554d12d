"""What the API counts. A label is a route as it is written, never a path: so they are few."""

from functools import lru_cache

from prometheus_client import Counter, Histogram

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter(
    "tidings_http_requests_total", "Answers of the API.", ["method", "route", "status"]
)
SECONDS = Histogram(
    "tidings_http_request_seconds",
    "From a request to the beginning of its answer.",
    ["method", "route"],
    buckets=BUCKETS,
)
ACCEPTED = Counter("tidings_accepted_total", "Notifications accepted.", ["priority"])


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """One answer; `route`: of the path that was matched, empty if none was."""
    requests, took = _children(method if method in METHODS else "other", route or "none", status)
    requests.inc()
    took.observe(seconds)


def accepted(priority: str, count: int) -> None:
    """So many were written and committed."""
    ACCEPTED.labels(priority).inc(count)


@lru_cache(maxsize=4096)
def _children(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, str(status)), SECONDS.labels(method, route)
