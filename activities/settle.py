"""Settling unknown outcomes: look up where the vendor allows it, then the policy decides."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from activities.accounts import OpenAccount
from models.errors import TidingsError
from models.messages import Message, Outcome, Verdict
from models.repositories.messages import Claimed
from models.repositories.settlements import InDoubt, Settled
from models.settlement import Doubt, settle


async def settled(
    doubts: list[InDoubt],
    accounts: dict[UUID, OpenAccount],
    render: Callable[[Claimed], Message],
) -> list[Settled]:
    """What to do about each. Look-ups run side by side; no connection is held meanwhile."""
    return list(
        await asyncio.gather(
            *(_one(doubt, accounts.get(doubt.account_id), render) for doubt in doubts)
        )
    )


async def _one(
    doubt: InDoubt, account: OpenAccount | None, render: Callable[[Claimed], Message]
) -> Settled:
    answer = Outcome(Verdict.UNKNOWN)
    if account is not None and account.vendor.settlement == "correlated":
        answer = await _look_up(doubt, account, render)
    action = settle(
        Doubt(
            settlement=account.vendor.settlement if account else "blind",
            on_unknown=doubt.on_unknown,
            handed_over_at=doubt.started_at,
            expires_at=doubt.expires_at,
            resends=doubt.resends,
            settle_within=account.vendor.settle_within if account else datetime.resolution,
            looked_up=answer.verdict,
        ),
        datetime.now(UTC),
    )
    return Settled(doubt.claimed, action, answer.vendor_id)


async def _look_up(
    doubt: InDoubt, account: OpenAccount, render: Callable[[Claimed], Message]
) -> Outcome:
    try:
        message = render(doubt.claimed)
    except TidingsError:
        return Outcome(Verdict.UNKNOWN)
    async with account.call():
        return await account.vendor.look_up(message, doubt.started_at)
