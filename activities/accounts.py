"""The vendor accounts this process has open: each is opened once, with a cap on its calls."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import orjson

from activities import metrics
from activities.campaign_lanes import Lanes
from activities.campaign_pace import Pace
from activities.slots import Slots
from activities.vendor import Vendor, load
from models.repositories.accounts import Account
from models.seal import Keyring

# Below the slots of a process, so that one hung vendor cannot take them all.
CALLS_PER_ACCOUNT = 40
# For deliveries inside a workflow's own task, which hold that task while they last: of an
# account, and of a process, whatever the number of accounts at one hung vendor.
QUICK_CALLS = 8
QUICK_CALLS_IN_ALL = 40
# What one kill of a process leaves in doubt at an account, beside the quick ones: two windows, so
# that one is claimed or recorded while the other is sent.
IN_DOUBT = 200
WINDOW = 100
AHEAD = timedelta(seconds=2)  # no more is claimed than is handed over within this time


class OpenAccount:
    """An account ready to send, and what this process may do with it at once."""

    def __init__(self, account: Account, vendor: Vendor) -> None:
        self.id = account.id
        self.sealed_config = account.sealed_config  # sealed anew, it is other bytes
        self.vendor = vendor
        self._calls = Slots(CALLS_PER_ACCOUNT)
        self.claims = Slots(IN_DOUBT)
        # Of all campaigns of this process together.
        self.lanes = Lanes(vendor.lanes)
        self.pace = Pace(vendor.lanes, vendor.max_batch)
        self.quick = asyncio.Semaphore(QUICK_CALLS)
        self._seconds = 0.05  # what a call takes, a running average
        self._told = metrics.calls_of(account.vendor, account.id)

    @asynccontextmanager
    async def call(self, priority: int) -> AsyncIterator[None]:
        """One of the account's slots, for one call; the most urgent waits least."""
        async with self._calls.taken(1, priority):
            started = time.monotonic()
            yield
            took = time.monotonic() - started
            self._seconds += (took - self._seconds) / 8
            self._told(took)

    def window(self) -> int:
        """How many messages to claim at once: a round of calls, and more if they are quick."""
        rounds = max(1, int(AHEAD.total_seconds() / max(self._seconds, 0.001)))
        return min(WINDOW, rounds * CALLS_PER_ACCOUNT * self.vendor.max_batch)


KEPT_SECONDS = 1.0


class OpenAccounts:
    """Opens accounts when first needed, and anew when their settings changed.

    `kept` remembers for a moment which account an application uses on a channel, if that account
    is in order: then a window needs no question before its claim.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self.quick = asyncio.Semaphore(QUICK_CALLS_IN_ALL)
        self._open: dict[UUID, OpenAccount] = {}
        self._lock = asyncio.Lock()
        self._outdated: list[OpenAccount] = []
        self._kept: dict[tuple[str, str], tuple[float, Account]] = {}

    async def get(self, account: Account) -> OpenAccount:
        """The account, opened; Misconfigured if its settings cannot be read."""
        async with self._lock:
            there = self._open.get(account.id)
            if there is None or there.sealed_config != account.sealed_config:
                config = orjson.loads(self._keyring.open(account.sealed_config, account.id))
                vendor = load(account.vendor, config)
                await vendor.open()
                if there is not None:
                    self._outdated.append(there)  # windows in flight still use it
                self._open[account.id] = OpenAccount(account, vendor)
            return self._open[account.id]

    def kept(self, application_id: str, channel: str) -> Account | None:
        """The account to use, if we were told a moment ago."""
        told = self._kept.get((application_id, channel))
        return told[1] if told and time.monotonic() - told[0] < KEPT_SECONDS else None

    def keep(self, application_id: str, channel: str, account: Account) -> None:
        """It takes calls, has no rate and no failures."""
        self._kept[application_id, channel] = time.monotonic(), account

    def forget(self, account: Account) -> None:
        """Something is wrong with it: ask again."""
        self._kept = {key: told for key, told in self._kept.items() if told[1].id != account.id}

    async def close(self) -> None:
        """Close all of them; belongs to the worker's shutdown, after its last window."""
        for account in (*self._open.values(), *self._outdated):
            await account.vendor.close()
