"""Named timeouts and retries. Workflows use these as `**DELIVER`, never literals."""

from datetime import datetime, timedelta
from typing import TypedDict

from temporalio import workflow
from temporalio.common import RetryPolicy


class Local(TypedDict):
    """Options of a local activity."""

    start_to_close_timeout: timedelta
    local_retry_threshold: timedelta
    retry_policy: RetryPolicy


class Normal(TypedDict):
    """Options of an activity that is short, and repeated until it works."""

    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy


class Beating(Normal):
    """Options of an activity that takes longer than ten seconds, and beats."""

    heartbeat_timeout: timedelta


class Bounded(Beating):
    """The same, bounded by time with all its retries."""

    schedule_to_close_timeout: timedelta


# Twice in the workflow's own task. If the database is away then, `DECIDE` takes over as a normal
# activity: a local one would keep the workflow task alive for as long as the outage lasts.
DECIDE_LOCAL: Local = {
    "start_to_close_timeout": timedelta(seconds=2),
    "local_retry_threshold": timedelta(seconds=1),
    "retry_policy": RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_attempts=2),
}

DECIDE: Normal = {
    "start_to_close_timeout": timedelta(seconds=10),
    "retry_policy": RetryPolicy(maximum_interval=timedelta(seconds=30)),
}

# Inside the workflow's own task, once: a decision, a vendor call and its record.
TELL: Local = {
    "start_to_close_timeout": timedelta(seconds=15),
    "local_retry_threshold": timedelta(seconds=1),
    "retry_policy": RetryPolicy(maximum_attempts=1),
}

# A signal's approval; without end, or an approval could be lost.
APPROVE = DECIDE

# A million people are counted and frozen in less than a minute.
PREPARE: Beating = {
    "start_to_close_timeout": timedelta(minutes=15),
    "heartbeat_timeout": timedelta(seconds=15),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)
    ),
}

# Windows of a shard, until its time is up; the campaign's own expiry is in the rows.
DELIVER_CAMPAIGN = PREPARE
LONGEST_REST = timedelta(minutes=1)  # with every account closed; an operator may open one
SOON = timedelta(seconds=5)  # later than that, the campaign waits and not the shard

# Between rounds in which there was nothing to deliver: doubled from the one to the other.
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(milliseconds=50), timedelta(seconds=1)
PAUSE = timedelta(seconds=30)  # after an activity that cannot work, before deciding again
GRACE = timedelta(minutes=1)  # past expiry: there is still the end to write


def deliver_until(expires_at: datetime) -> Bounded:
    """Delivering, bounded by time and not by count. Waiting in the queue counts as well."""
    return {
        "start_to_close_timeout": timedelta(minutes=15),
        "schedule_to_close_timeout": max(expires_at - workflow.now(), timedelta()) + GRACE,
        "heartbeat_timeout": timedelta(seconds=15),
        "retry_policy": RetryPolicy(
            initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)
        ),
    }
