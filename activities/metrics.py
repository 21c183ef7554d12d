"""What workers count of vendors, by account: there are as many labels as accounts."""

from collections import Counter as Count
from collections.abc import Callable, Iterable
from uuid import UUID

from prometheus_client import Counter, Histogram

from models.messages import RELEASED, Outcome
from models.repositories.accounts import Account

OUTCOMES = Counter(
    "tidings_vendor_outcomes_total",
    "What became of messages handed to a vendor.",
    ["vendor", "account", "outcome"],
)
SECONDS = Histogram(
    "tidings_vendor_call_seconds",
    "One call of a vendor; of a campaign's lanes only the outcomes are counted.",
    ["vendor", "account"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def calls_of(vendor: str, account_id: UUID) -> Callable[[float], None]:
    """Takes the seconds of each of the account's calls."""
    return SECONDS.labels(vendor, str(account_id)).observe


def count(account: Account, outcomes: Iterable[Outcome]) -> None:
    """What became of these; what was never handed over is not among it."""
    verdicts = Count(each.verdict.value for each in outcomes if each is not RELEASED)
    for verdict, number in verdicts.items():
        OUTCOMES.labels(account.vendor, str(account.id), verdict).inc(number)
