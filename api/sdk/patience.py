"""How long what got no answer is asked again, and how long the pauses between are."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field


def _nobody(trouble: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Patience:
    """For a call. `told` is called once, as it begins to wait: "answered 503", …"""

    seconds: float = 30.0
    first_pause_seconds: float = 0.2
    longest_pause_seconds: float = 5.0
    longest_asked_seconds: float = 60.0  # by Retry-After
    told: Callable[[str], None] = _nobody


@dataclass(slots=True)
class Waiting:
    """The patience of one call that is at work."""

    patience: Patience
    _pause: float = field(init=False)
    _until: float = field(init=False)
    _told: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._pause = self.patience.first_pause_seconds
        self._until = time.monotonic() + self.patience.seconds

    def pause(self, trouble: str, asked_seconds: float) -> float | None:
        """How long to wait now; None once patience has ended. Doubles, with jitter."""
        asked = min(asked_seconds, self.patience.longest_asked_seconds)
        wait = max(asked, self._pause * random.uniform(0.5, 1))
        if time.monotonic() + wait > self._until:
            return None
        if not self._told:
            self._told = True
            self.patience.told(trouble)
        self._pause = min(self._pause * 2, self.patience.longest_pause_seconds)
        return wait
