"""A range of a campaign's messages, window by window.

Guarantees: those of `deliver_campaign`; it ends when nothing of the range can be done soon, and the
campaign looks again. The ledger is the cursor: a shard that is lost is begun anew.
Live patches: none. (List each `workflow.patched` id here with its date.)
"""

from collections import Counter

from temporalio import workflow
from temporalio.common import Priority

with workflow.unsafe.imports_passed_through():
    from activities.deliver_campaign import CampaignDeliverActivities
    from models import queues
    from models.campaign_steps import Delivered, Shard
    from workflows.policies import DELIVER_CAMPAIGN, SOON


@workflow.defn
class CampaignShardWorkflow:
    """Delivers its range while there is something to do."""

    @workflow.run
    async def run(self, shard: Shard) -> Delivered:
        """What became of how many, and when there is next something to do."""
        counts: Counter[str] = Counter()
        while True:
            result = await workflow.execute_activity_method(
                CampaignDeliverActivities.deliver_campaign,
                shard,
                task_queue=queues.deliver(shard.channel, "low"),
                priority=Priority(
                    priority_key=queues.PRIORITY_KEYS["low"],
                    fairness_key=str(shard.application_id),
                ),
                summary=f"{shard.channel} {shard.first}–{shard.last}",
                **DELIVER_CAMPAIGN,
            )
            counts.update(result.counts)
            at = result.look_again_at
            told = ", ".join(f"{n} {what}" for what, n in sorted(counts.items()))
            workflow.set_current_details(told or "Nothing was due")
            if at is None or at > workflow.now() + SOON:
                return Delivered(dict(counts), at)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(shard)
            await workflow.sleep(max((at - workflow.now()).total_seconds(), 0))
