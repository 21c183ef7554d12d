"""What a vendor adapter must offer, and the one table that lists them all.

To add a vendor: write `activities/vendors/<vendor>.py`, add one line to VENDORS,
and drop a sample in `tests/activities/vendors/samples/<vendor>/`.
"""

import importlib
from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ValidationError

from models.errors import Misconfigured
from models.messages import CALL_DEADLINE, Channel, Message, Outcome, Verdict

# "module:class", imported when first used: a broken or heavy vendor costs the others nothing.
VENDORS = {
    "sendgrid": "activities.vendors.sendgrid:SendGrid",
    "smtp": "activities.vendors.smtp:Smtp",
    "telegram": "activities.vendors.telegram:Telegram",
    "twilio": "activities.vendors.twilio:Twilio",
    "webhook": "activities.vendors.webhook:Webhook",
}


LANES = 40  # below the slots of a process, so that one hung vendor cannot take them all


class Settlement(StrEnum):
    """How an unknown outcome can be settled."""

    IDEMPOTENT = "idempotent"  # repeat on the same account with the same request key
    CORRELATED = "correlated"  # our reference can be looked up, or comes back in receipts
    BLIND = "blind"  # the category chooses: resend or hold


class Source(Protocol):
    """Where a lane gets its messages: claimed and rendered, until there are no more."""

    async def take(self, most: int) -> Sequence[Message]:
        """Up to `most` that may be handed over now, at least one; empty: the lane ends.

        Waits for the next ones. Asked for only when they can be handed over at once: from then on
        they are under way.
        """

    def take_ready(self) -> Message | None:
        """One more that may be handed over now, without waiting; None: none is ready."""

    def done(self, message: Message, outcome: Outcome) -> None:
        """What became of one that was taken: once for each, whatever happens to the lane."""


class Vendor(ABC):
    """One vendor account on one channel."""

    name: ClassVar[str]
    channel: ClassVar[Channel]
    settlement: Settlement  # an account's settings may say more than its vendor
    # IDEMPOTENT: how long the vendor remembers a key. CORRELATED: how long we keep looking.
    settle_within: ClassVar[timedelta] = timedelta(minutes=1)
    max_batch: ClassVar[int] = 1
    Config: ClassVar[type[BaseModel]]
    call_deadline: timedelta = CALL_DEADLINE

    @abstractmethod
    def __init__(self, config: Any) -> None: ...

    @abstractmethod
    async def open(self) -> None:
        """Make what `send` needs (a client, a pool); no call is made yet."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of the connections."""

    @abstractmethod
    async def send(self, batch: Sequence[Message]) -> list[Outcome]:
        """Hand over one batch: one outcome a message, in order. Never raises."""

    @property
    def lanes(self) -> int:
        """How many lanes a process runs side by side through this account."""
        return LANES

    async def run_lane(self, source: Source) -> None:
        """Hand over what the source gives, one batch after the other; never raises but cancelled.

        Cancelled, it lets the calls under way end, or calls them unknown.
        """
        while batch := await source.take(self.max_batch):
            for call in self.batches(batch):
                outcomes = await self.send(call)
                for message, outcome in zip(call, outcomes, strict=True):
                    source.done(message, outcome)

    def group(self, message: Message) -> Hashable:
        """Messages of equal group may share a call."""
        return ()

    def batches(self, messages: Sequence[Message]) -> list[list[Message]]:
        """The calls to make: one group each, no address twice, at most `max_batch` long."""
        calls: dict[Hashable, list[Message]] = {}
        seen: dict[Hashable, int] = {}
        for message in messages:
            group = self.group(message)
            time = seen[group, message.to] = seen.get((group, message.to), 0) + 1
            calls.setdefault((group, time), []).append(message)
        size = self.max_batch
        return [c[i : i + size] for c in calls.values() for i in range(0, len(c), size)]

    async def look_up(self, message: Message, since: datetime) -> Outcome:
        """What became of a message handed over at or after `since`; never raises.

        ACCEPTED where the vendor lists such a message (`candidates`: all that look like it, for
        settling tells ours from its twins), RETRY only where the list is complete and does not,
        UNKNOWN otherwise.
        """
        return Outcome(Verdict.UNKNOWN, reason="no_look_up")


def vendor_class(name: str) -> type[Vendor]:
    """The adapter of that name, imported."""
    if name not in VENDORS:
        raise Misconfigured(f"no vendor named {name!r}")
    module, _, attribute = VENDORS[name].partition(":")
    adapter: type[Vendor] = getattr(importlib.import_module(module), attribute)
    return adapter


def load(name: str, config: Mapping[str, Any]) -> Vendor:
    """The named vendor, with its settings checked; Misconfigured names the field, never a value."""
    adapter = vendor_class(name)
    try:
        return adapter(adapter.Config.model_validate(config))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Misconfigured(f"{name}: {field}: {first['msg']}", field=field) from None
