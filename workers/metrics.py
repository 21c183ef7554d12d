"""What the relay measures of the whole platform. Every relay tells the same: take the greatest."""

from prometheus_client import Gauge

from models.repositories.measurements import Measured

WAITING = Gauge("tidings_waiting", "Due and unsent: owners, and those to share one.", ["priority"])
OLDEST = Gauge("tidings_waiting_oldest_seconds", "How long the oldest is overdue.", ["priority"])
STARTS = Gauge("tidings_workflow_starts_waiting", "Workflow starts that nobody made yet.")
ACCOUNTS = Gauge("tidings_vendor_accounts", "Vendor accounts; closed: by a breaker.", ["state"])


def show(measured: Measured) -> None:
    """From now on these are the gauges."""
    for priority, waiting in measured.waiting.items():
        WAITING.labels(priority).set(waiting)
        OLDEST.labels(priority).set(measured.oldest_seconds[priority])
    for state, accounts in measured.accounts.items():
        ACCOUNTS.labels(state).set(accounts)
    STARTS.set(measured.starts)
