"""Where every sandbox vendor hands in a message: journal and faults in the one right order.

An effect is journalled before any answer, and before any fault that follows acceptance.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from deploy.local.sandbox import wire
from deploy.local.sandbox.effects import Effect
from deploy.local.sandbox.faults import BROKEN_AFTER, BROKEN_BEFORE, Fault, Faults, Rule
from deploy.local.sandbox.journal import Journal

ANSWERED = (None, Fault.SLOW)


class Desk:
    """Shared by all vendors of one sandbox."""

    def __init__(self, journal: Journal, faults: Faults) -> None:
        self.journal = journal
        self.faults = faults
        self.refusals: Counter[str] = Counter()  # by vendor: bad requests and refusing faults

    async def accept(
        self,
        effects: Sequence[Effect],
        rule: Rule | None,
        transport: asyncio.Transport,
        half: bytes = b"",
    ) -> None:
        """Returns when the effects are durable and the sender may be answered.

        It does not return when the rule takes the connection away. `half` is half an answer.
        """
        fault = rule.fault if rule else None
        if fault in BROKEN_BEFORE:
            await wire.break_off(fault, transport)
        answered = fault in ANSWERED
        await self.journal.append([replace(e, fault=fault, answered=answered) for e in effects])
        if fault in BROKEN_AFTER:
            await wire.break_off(fault, transport)
        if fault is Fault.GARBAGE:
            await wire.disconnect(transport, wire.GARBAGE)
        if fault is Fault.HALF_BODY:
            await wire.disconnect(transport, half)
        if rule and fault is Fault.SLOW:
            await asyncio.sleep(rule.delay_seconds)
