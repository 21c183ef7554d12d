"""Whose is a listed message? Nobody's of whom another attempt may be the sender, early or late."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.messages import LEASE
from models.repositories import partitions, settlements
from models.selection import Selection

ADDRESS = "+4915112345678"
CLOCKS_DIFFER = timedelta(seconds=2)
MESSAGE = """
UPDATE message SET address = :address, step = :seq, phase = 'unknown', attempt = 1,
    next_at = now(), account_id = :account WHERE owner_id = :o AND seq = :seq
"""
ATTEMPT = """
INSERT INTO attempt (owner_id, seq, n, account_id, request_key, claim_token, outcome, vendor_id,
    started_at)
VALUES (:o, :seq, 1, :account, 'key', :o, :outcome, :vendor_id, CAST(:at AS timestamptz))
"""
OPTIONS = text("""
SELECT part.relname, COALESCE(index.reloptions, '{}') FROM pg_inherits
JOIN pg_class part ON part.oid = inhrelid
JOIN pg_index ON indrelid = part.oid
JOIN pg_class index ON index.oid = indexrelid
JOIN pg_am ON pg_am.oid = index.relam AND amname = 'brin'
WHERE inhparent = CAST('attempt' AS regclass)
""")


@dataclass
class Attempts:
    """Of one account, in a while: the first message's is the one in doubt."""

    rows: Any
    account: UUID
    started_at: datetime
    seq: int = 0

    async def add(
        self,
        after: timedelta = timedelta(),
        outcome: str | None = "unknown",
        vendor_id: str | None = None,
        **other: Any,
    ) -> None:
        self.seq += 1
        of = {"seq": self.seq, "account": other.get("account", self.account)}
        await self.rows.run(MESSAGE, **of, address=other.get("address", ADDRESS))
        at = self.started_at + after
        await self.rows.run(ATTEMPT, **of, outcome=outcome, vendor_id=vendor_id, at=at)

    async def whose(self, *listed: str) -> str | None:
        """Which of the listed ids is the first message's."""
        which = Selection(self.rows.which.owner_id, "sms", 1, 1)
        async with self.rows.sessions.begin() as session:
            [doubt] = await settlements.in_doubt(session, which, 1)
            return await settlements.unowned(session, doubt, listed)


@pytest.fixture
async def attempts(rows) -> Attempts:
    found = Attempts(rows, uuid7(), datetime.now(UTC) - timedelta(hours=1))
    await found.add()
    return found


async def test_what_nobody_else_may_have_sent_is_its_own(attempts: Attempts) -> None:
    await attempts.add(address="+4915112345679")
    await attempts.add(account=uuid7())
    await attempts.add(outcome="refused")
    await attempts.add(outcome="accepted", vendor_id="SM-elsewhere")
    await attempts.add(after=-2 * LEASE - CLOCKS_DIFFER)

    assert await attempts.whose("SM1") == "SM1"


# An earlier one may have been handed over just before its lease ended, and a later one be listed
# at any time before the look-up.
@pytest.mark.parametrize("after", [-LEASE - CLOCKS_DIFFER, timedelta(), timedelta(minutes=30)])
@pytest.mark.parametrize("outcome", ["unknown", None])
async def test_while_another_may_have_sent_it_it_is_nobodys(
    attempts: Attempts, outcome, after
) -> None:
    await attempts.add(after, outcome)

    assert await attempts.whose("SM1") is None
    assert await attempts.whose("SM1", "SM2") == "SM1"


@pytest.mark.parametrize("after", [-LEASE - CLOCKS_DIFFER, timedelta(), timedelta(minutes=30)])
async def test_what_another_attempt_owns_is_not_its_own(attempts: Attempts, after) -> None:
    await attempts.add(after, "accepted", "SM1")

    assert await attempts.whose("SM1") is None
    assert await attempts.whose("SM1", "SM2") == "SM2"


async def test_the_index_over_time_sums_up_every_partition_by_itself(sessions) -> None:
    async with sessions.begin() as session:
        await partitions.make_ahead(session, (datetime.now(UTC) + timedelta(days=30)).date())
        found = (await session.execute(OPTIONS)).all()

    assert len(found) > partitions.DAYS_AHEAD
    assert {name: options for name, options in found if options != ["autosummarize=on"]} == {}
