"""What is kept in memory of the journal: the latest effects, and where Twilio's stand in it.

Only Twilio can be asked what became of a message, so only its effects are indexed one by one: a
look-up that forgot some would make a sender send them again.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass

from deploy.local.sandbox.effects import Effect

RECENT = 2_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands in the journal, and the time of its effect in unix seconds."""

    at: float
    offset: int
    length: int


class Index:
    """Filled when the journal is read back and after each commit, in the journal's order."""

    def __init__(self) -> None:
        self.recent: deque[Effect] = deque(maxlen=RECENT)
        self.counts: Counter[str] = Counter()
        self.last = 0
        self._twilio: dict[str, dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
        self._chats: Counter[tuple[str, str]] = Counter()
        self._webhooks: set[tuple[str, str]] = set()  # receiver and id, where copies are told

    def add(self, effect: Effect, offset: int, length: int) -> None:
        """Remember one durable effect and its place in the file, both in bytes."""
        self.recent.append(effect)
        self.counts[effect.vendor] += 1
        self.last = effect.n
        if effect.vendor == "twilio":
            place = Place(effect.at, offset, length)
            self._twilio[effect.account][effect.to].append(place)
        elif effect.vendor == "telegram":
            chat = effect.account, effect.to
            self._chats[chat] = max(self._chats[chat], int(effect.vendor_id))
        elif effect.vendor == "webhook" and effect.to.endswith("/once"):
            self._webhooks.add((effect.to, effect.vendor_id))

    def has_webhook(self, effect: Effect) -> bool:
        """Whether a receiver that tells copies has that id already."""
        return (effect.to, effect.vendor_id) in self._webhooks

    def next_in_chat(self, account: str, chat: str) -> int:
        """The next message number of a Telegram chat, from 1."""
        self._chats[account, chat] += 1
        return self._chats[account, chat]

    def twilio_places(self, account: str, to: str | None) -> list[Place]:
        """All messages of a Twilio account, or those to one recipient, oldest first."""
        recipients = self._twilio.get(account, {})
        if to is not None:
            return list(recipients.get(to, ()))
        places = (place for places in recipients.values() for place in places)
        return sorted(places, key=lambda place: place.offset)

    def find(self, to: str, vendor: str, after: int = 0) -> Iterable[Effect]:
        """The recent effects numbered above `after`, oldest first.

        `to` is any part of the recipient, in any case; empty arguments match all.
        """
        part = to.casefold()
        for effect in list(self.recent):
            if effect.n > after and vendor in ("", effect.vendor) and part in effect.to.casefold():
                yield effect

    def get(self, n: int) -> Effect | None:
        """The recent effect of that number."""
        if not self.recent:
            return None
        return next((effect for effect in self.recent if effect.n == n), None)
