"""Whoever is due now may share a workflow; whoever is due later has one of its own."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from api_in_process import Api, serving

KIND = "SELECT kind FROM workflow_start WHERE id = CAST($1 AS text)::uuid"


@pytest.fixture(scope="module")
async def busy(database_url: str) -> AsyncIterator[Api]:
    async with serving(database_url, 1, share_above=0) as api:
        yield api


@pytest.mark.parametrize(
    ("due_in", "kind"),
    [
        (None, "shared"),
        (timedelta(seconds=1), "shared"),
        (timedelta(minutes=1), "notification"),
        (timedelta(days=30), "notification"),
    ],
)
async def test_what_is_due_later_shares_no_workflow(busy, body, due_in, kind) -> None:
    when = {"send_at": (datetime.now(UTC) + due_in).isoformat()} if due_in else {}

    accepted = (await busy.send(body(**when))).json()

    assert await busy.database.fetchval(KIND, accepted["id"]) == kind
