"""One call as the logic sees it, before any HTTP library does."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask. `repeatable`: asked twice it does what it does once."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | Iterable[bytes] | None = None
    repeatable: bool = False
    silence_seconds: float | None = None  # how long it may stay silent; None: as the client says


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def replayed(self) -> bool:
        """Was it given before, to the same Idempotency-Key?"""
        return self.headers.get("idempotency-replayed") == "true"


def encoded(body: Any) -> bytes:
    """JSON; times and UUIDs as the API writes them."""
    return json.dumps(body, default=plain, ensure_ascii=False, separators=(",", ":")).encode()


def plain(value: Any) -> Any:
    """What JSON has for a time, a UUID, or a container that is neither a dict nor a list."""
    match value:
        case datetime():
            return value.isoformat()
        case UUID():
            return str(value)
        case Mapping():
            return dict(value)
        case Sequence():
            return list(value)
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")
