"""The Python SDK: `Tidings(url, key)` and `AsyncTidings(url, key)`. docs/sdk.md is its guide.

It needs httpx and the standard library, and imports nothing of ours but itself. One logic, told in
steps (`steps.py`), is driven by two thin drivers (`drivers.py`).
"""

from api.sdk.client import AsyncTidings, Tidings
from api.sdk.patience import Patience
from api.sdk.problems import (
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    NotEnded,
    NotFound,
    NotTidings,
    Problem,
    RateLimited,
    TidingsError,
    TooLarge,
    TooShort,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from api.sdk.request import Reply, Request

__all__ = [
    "AsyncTidings",
    "BadRequest",
    "Conflict",
    "Forbidden",
    "Invalid",
    "NotEnded",
    "NotFound",
    "NotTidings",
    "Patience",
    "Problem",
    "RateLimited",
    "Reply",
    "Request",
    "Tidings",
    "TidingsError",
    "TooLarge",
    "TooShort",
    "Unauthorized",
    "Unavailable",
    "Unreachable",
]
