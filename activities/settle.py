"""Settling unknown outcomes: look up where the vendor allows it, then the policy decides."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from activities.accounts import OpenAccount
from activities.vendor import Settlement
from models.errors import TidingsError
from models.messages import Message, Outcome, Verdict
from models.repositories import settlements
from models.repositories.messages import Claimed
from models.repositories.settlements import InDoubt, Settled
from models.sessions import Session
from models.settlement import Doubt, settle

Render = Callable[[Claimed], Message]
NO_ANSWER = Outcome(Verdict.UNKNOWN)


async def looked_up(
    doubts: list[InDoubt], accounts: dict[UUID, OpenAccount], render: Render, priority: int
) -> list[Outcome]:
    """What the vendors say of each, side by side; no connection is held meanwhile."""
    return list(
        await asyncio.gather(
            *(_ask(d, accounts.get(d.account_id), render, priority) for d in doubts)
        )
    )


async def decided(
    session: Session, doubt: InDoubt, account: OpenAccount | None, answer: Outcome
) -> Settled:
    """What to do about one, given the vendor's answer."""
    vendor_id = ""
    if answer.verdict is Verdict.ACCEPTED:
        candidates = answer.candidates or (answer.vendor_id,)
        vendor_id = await settlements.unowned(session, doubt, candidates) or ""
        if not vendor_id:  # listed, but it may be another message's
            answer = replace(answer, verdict=Verdict.UNKNOWN)
    policy = Doubt(
        settlement=account.vendor.settlement if account else Settlement.BLIND,
        on_unknown=doubt.on_unknown,
        handed_over_at=doubt.started_at,
        expires_at=doubt.expires_at,
        resends=doubt.resends,
        settle_within=account.vendor.settle_within if account else timedelta(),
        looked_up=answer.verdict,
    )
    return Settled(doubt.claimed, settle(policy, datetime.now(UTC)), vendor_id)


async def _ask(
    doubt: InDoubt, account: OpenAccount | None, render: Render, priority: int
) -> Outcome:
    if account is None or account.vendor.settlement is not Settlement.CORRELATED:
        return NO_ANSWER
    try:
        message = render(doubt.claimed)
    except TidingsError:
        return NO_ANSWER
    async with account.call(priority):
        return await account.vendor.look_up(message, doubt.started_at)
