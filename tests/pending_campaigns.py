"""Campaigns that wait for approval, and what is answered to whoever may not decide on them."""

from typing import Any

import httpx
from own_campaigns import ByHand, Team

# At fault, where it is not the status.
FIELDS = {
    "own_campaign": "authors",
    "changed": "hash",
    "lapsed": "lapses_at",
    "already_decided": "approvals",
}


async def pending_of(team: Team, hands: ByHand, *people: int, **changes: Any) -> str:
    """The id of one of Ada's, prepared."""
    id = await team.submitted(*people, **changes)
    assert await hands.prepare(id) == "pending_approval"
    return id


async def refused(answer: httpx.Response, status: int, code: str) -> None:
    """The answer is this problem, and names what is at fault."""
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert problem["field"] == FIELDS.get(code, "status")
