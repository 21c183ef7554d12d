"""How much may be claimed ahead: by the account's own pace, and never more than some windows."""

import time

from activities.vendor import Vendor

WINDOW = 200  # claimed at once of a vendor that takes one message a call
WINDOWS_AHEAD = 3  # one is claimed, one is sent, one is recorded
AHEAD_SECONDS = 0.25  # no more is claimed than is recorded within this time


class Pace:
    """A running average of what is recorded a second, and the bound it sets."""

    def __init__(self, vendor: Vendor) -> None:
        self.window = max(WINDOW, vendor.max_batch)
        self.least = min(self.window, vendor.lanes * vendor.max_batch)  # a call for each lane
        self._per_second = 0.0
        self._last = time.monotonic()

    def recorded(self, messages: int) -> None:
        """So many more have been recorded."""
        now = time.monotonic()
        seconds = max(now - self._last, 0.001)
        self._per_second += (messages / seconds - self._per_second) / 4
        self._last = now

    def most(self) -> int:
        """How many may be claimed and not yet recorded: what a kill leaves in doubt."""
        if not self._per_second:
            return self.window
        paced = max(self.least, int(self._per_second * AHEAD_SECONDS))
        return min(WINDOWS_AHEAD * self.window, paced)
