"""The breaker of an account: it closes for longer with each failure, and opens with one message."""

import asyncio
from collections import Counter

from own_application import account_at_vendor

from deploy.local.sandbox.faults import Fault

BREAKER = """
SELECT a.failures, a.closed_until, extract(epoch FROM a.closed_until - max(t.ended_at)) AS seconds
FROM vendor_account a LEFT JOIN attempt t ON t.account_id = a.id
WHERE a.name = $1 GROUP BY a.id
"""
CLAIMS = """
SELECT t.claim_token, count(*) AS size, bool_and(t.outcome = 'accepted') AS accepted
FROM attempt t JOIN vendor_account a ON a.id = t.account_id
WHERE a.name = $1 GROUP BY t.claim_token, t.started_at ORDER BY t.started_at
"""
FAILURES = 3
WINDOW = 20


async def test_it_closes_longer_each_time_and_opens_with_one_message(
    platform, vendors, new_application
) -> None:
    only = vendors.twilio()
    app = await new_application(only)
    platform.fault("twilio", Fault.UNAVAILABLE, account=account_at_vendor(only))
    items = [
        {"to": {"sms": f"+49151120{n:05}"}, "template": "welcome", "data": {"name": "Ada"}}
        for n in range(WINDOW)
    ]

    answer = await app.batch(items)

    spans: dict[int, float] = {}
    async with asyncio.timeout(60):
        while max(spans, default=0) < FAILURES:
            row = await platform.api.database.fetchrow(BREAKER, only.name)
            if row["failures"] and row["seconds"] is not None:
                # The first look at each: a next attempt ends before its failure is counted.
                spans.setdefault(row["failures"], float(row["seconds"]))
            await asyncio.sleep(0.02)
    for failures, seconds in spans.items():
        assert 0.7 * 2 ** (failures - 1) < seconds < 1.3 * 2 ** (failures - 1), spans
    platform.sandbox.desk.faults.rules.clear()

    for item in answer["items"]:
        await app.until(item["id"], "sent")
    claims = await platform.api.database.fetch(CLAIMS, only.name)
    print(f"\nclaimed at a time: {[row['size'] for row in claims]}")
    first, *others = [row["size"] for row in claims]
    probes = others[: others.index(1, FAILURES - 1) + 1]
    assert first == WINDOW
    assert set(probes) == {1}
    assert len(others) <= len(probes) + 2, "after the probe the rest goes out in windows"
    arrived = Counter(e.to for e in platform.sandbox.desk.journal.index.find("+49151120", ""))
    assert arrived == Counter(item["to"]["sms"] for item in items)
    row = await platform.api.database.fetchrow(BREAKER, only.name)
    assert (row["failures"], row["closed_until"]) == (0, None)
