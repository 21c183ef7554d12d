"""Which of several bulk processes takes the next long task: the one that has the fewest.

Temporal gives a task to whoever has asked. Of a campaign's eight shards one process could get six,
and the campaign ended when that one had, with a core idle meanwhile.
"""

import asyncio
from threading import Lock

from temporalio.worker import (
    ActivitySlotInfo,
    CustomSlotSupplier,
    FixedSizeSlotSupplier,
    SlotMarkUsedContext,
    SlotPermit,
    SlotReleaseContext,
    SlotReserveContext,
    WorkerTuner,
)

from activities.deliver_campaign import CampaignDeliverActivities

LONG = CampaignDeliverActivities.deliver_campaign.__name__
# A process that has just taken a long task asks later for the next: by so much for each it has.
STEP_SECONDS = 0.05
LONGEST_SECONDS = 0.5
SEEN_SECONDS = 0.005  # until what was asked for before is known to be at work


class FewestFirst(CustomSlotSupplier):
    """At most `most` activities at once. Short ones never wait for long ones, or for each other."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._reserved = 0
        self._long = 0
        self._pause_seconds = 0.0
        self._lock = Lock()  # Temporal's own threads say what is used and released

    async def reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit:
        """Wait for as long as the others shall have the first choice."""
        await asyncio.sleep(SEEN_SECONDS)
        await asyncio.sleep(self._pause())
        while not self._reserve():  # noqa: ASYNC110 - Temporal's threads release
            await asyncio.sleep(STEP_SECONDS)
        return SlotPermit()

    def try_reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit | None:
        """Nothing out of turn."""
        return None

    def mark_slot_used(self, ctx: SlotMarkUsedContext) -> None:
        """A task has begun."""
        if _is_long(ctx.slot_info):
            with self._lock:
                self._long += 1
                self._pause_seconds = min(self._long * STEP_SECONDS, LONGEST_SECONDS)

    def release_slot(self, ctx: SlotReleaseContext) -> None:
        """It has ended, or there was none."""
        with self._lock:
            self._reserved -= 1
            self._long -= _is_long(ctx.slot_info)

    def _pause(self) -> float:
        with self._lock:
            pause, self._pause_seconds = self._pause_seconds, 0.0
        return pause

    def _reserve(self) -> bool:
        with self._lock:
            free = self._reserved < self.most
            self._reserved += free
        return free


def _is_long(info: object) -> bool:
    return isinstance(info, ActivitySlotInfo) and info.activity_type == LONG


def tuner(activities: int) -> WorkerTuner:
    """For a queue whose long activities are shared by several processes."""
    others = FixedSizeSlotSupplier(100)  # as Temporal has it
    return WorkerTuner.create_composite(
        workflow_supplier=others,
        activity_supplier=FewestFirst(activities),
        local_activity_supplier=others,
        nexus_supplier=others,
    )
