"""Which workflows there are, and which process serves which task queues.

Bulk has processes of its own: one hung vendor or one big campaign cannot fill the slots an OTP
needs, nor take the event loop that hands it over.
"""

from models import queues
from models.errors import Misconfigured
from models.messages import Channel
from workflows.batch import BatchWorkflow
from workflows.campaign import CampaignWorkflow
from workflows.campaign_shard import CampaignShardWorkflow
from workflows.notification import NotificationWorkflow

WORKFLOWS: list[type] = [
    BatchWorkflow,
    CampaignShardWorkflow,
    CampaignWorkflow,
    NotificationWorkflow,
]

URGENT = ("high", "medium")
GROUPS = {
    "urgent": (
        *(queues.NOTIFY[priority] for priority in URGENT),
        *(queues.deliver(channel, "high") for channel in Channel),
    ),
    "bulk": (queues.NOTIFY["low"], *(queues.deliver(channel, "low") for channel in Channel)),
}
EVERY = tuple(queue for group in GROUPS.values() for queue in group)


def named(names: str) -> tuple[str, ...]:
    """Queues by names and groups, separated by commas; Misconfigured lists what there is."""
    found: list[str] = []
    for name in filter(None, (part.strip() for part in names.split(","))):
        if name not in GROUPS and name not in EVERY:
            known = ", ".join((*GROUPS, *EVERY))
            raise Misconfigured(f"no queue named {name!r}; there are {known}", field="queues")
        found += GROUPS.get(name, (name,))
    if not found:
        raise Misconfigured("name at least one queue or group", field="queues")
    return tuple(dict.fromkeys(found))
