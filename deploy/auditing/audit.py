"""Joins the client's journal, PostgreSQL and the vendors' journal, and lists every difference.

It only reads: all it writes are temporary tables, in one snapshot, so a stack may be at work.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from deploy.auditing import ledgers
from deploy.auditing.approval_checks import APPROVALS
from deploy.auditing.campaign_checks import CAMPAIGNS
from deploy.auditing.check import Check
from deploy.auditing.client_checks import CLIENT
from deploy.auditing.effect_checks import EFFECTS
from deploy.auditing.ledger_checks import EVENTS, MESSAGES, NOTIFICATIONS, NOTIFIED
from deploy.auditing.listing_checks import LISTINGS
from deploy.auditing.sandbox_accounts import Sandbox
from deploy.auditing.scope import scope_to
from models.status import Move, Phase, Result, moved

OF_CAMPAIGNS: tuple[Check, ...] = (*MESSAGES, *EFFECTS, *CAMPAIGNS, *APPROVALS)
OF_NOTIFICATIONS: tuple[Check, ...] = (*NOTIFICATIONS, *LISTINGS, *NOTIFIED, *EVENTS)
CHECKS: tuple[Check, ...] = (*CLIENT, *OF_NOTIFICATIONS, *OF_CAMPAIGNS)

COUNTS = """
SELECT (SELECT count(DISTINCT id) FROM journalled) AS accepted,
       (SELECT count(*) FROM notification) AS notifications,
       (SELECT count(*) FROM notification WHERE ended_at IS NULL) AS still_open,
       (SELECT count(*) FROM message) AS messages,
       (SELECT count(*) FROM attempt) AS attempts,
       (SELECT count(*) FROM event) AS events,
       (SELECT count(*) FROM effect) AS effects,
       (SELECT count(*) FROM attempt t JOIN elsewhere x ON x.account_id = t.account_id
        WHERE t.outcome = 'accepted') AS accepted_elsewhere,
       (SELECT count(*) FROM campaign) AS campaigns,
       (SELECT count(*) FROM claimed_window) AS windows,
       (SELECT count(*) FROM touched WHERE effects > 1) AS more_than_once
"""
BOOKS = """
SELECT COALESCE(result, 'pending') AS result,
       COALESCE(NULLIF(CASE WHEN result IS NULL THEN phase ELSE reason END, ''), '-') AS reason,
       count(*) AS messages
FROM message GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
"""
SETTINGS = {
    "application_name": "tidings audit",
    "jit": "off",
    "timezone": "UTC",
    "work_mem": "64MB",  # whole ledgers are joined
}
PATHS = "SELECT DISTINCT path, state FROM walked"


@dataclass(frozen=True, slots=True)
class Question:
    """What to audit. `kept`: how many offenders of a check are listed; None: all.

    `campaign`: that one alone. `sandbox`: whose journals these are; None: of all accounts.
    """

    database_url: str
    journals: Sequence[Path] = ()
    sandboxes: Sequence[Path] = ()
    rates: dict[str, int] = field(default_factory=dict)
    open_ok: bool = False
    complete: bool = False
    kept: int | None = 20
    campaign: UUID | None = None
    sandbox: Sandbox | None = None

    @property
    def checks(self) -> tuple[Check, ...]:
        """Those that are wanted."""
        asked = OF_CAMPAIGNS if self.campaign else CHECKS
        return tuple(check for check in asked if self.asks(check))

    @property
    def vendors(self) -> ledgers.Vendors:
        """What is read of the vendors."""
        return ledgers.Vendors(self.sandboxes, self.rates, self.sandbox, self.campaign)

    def asks(self, check: Check) -> bool:
        """Is this check wanted?"""
        options = {"closed": not self.open_ok, "complete": self.complete, "rates": self.rates}
        return not check.only_if or bool(options[check.only_if])


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: how many offenders, and the ids of the first."""

    check: Check
    looked_at: int
    differences: int
    ids: list[str]


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. `books`: messages by result and reason; `campaign`: the one it is about."""

    counts: dict[str, int]
    books: list[tuple[str, str, int]]
    findings: list[Finding]
    campaign: dict[str, Any] | None = None

    @property
    def agrees(self) -> bool:
        """Do the three ledgers say the same?"""
        return not any(finding.differences for finding in self.findings)


async def audit(question: Question) -> Report:
    """The report; CannotRun names a journal that cannot be read."""
    connection = await asyncpg.connect(
        question.database_url,
        timeout=10,
        server_settings=SETTINGS,
    )
    try:
        await ledgers.load_client(connection, question.journals)
        async with connection.transaction(isolation="repeatable_read"):
            until = await ledgers.take_snapshot(connection)
            one = question.campaign
            campaign = await scope_to(connection, one) if one else None
            await ledgers.load_rest(connection, question.vendors, until)
            await _note_impossible(connection)
            counts = dict(await connection.fetchrow(COUNTS) or {})
            kept = question.kept
            return Report(
                counts,
                [tuple(row) for row in await connection.fetch(BOOKS)],
                [await _finding(connection, c, counts[c.of], kept) for c in question.checks],
                campaign,
            )
    finally:
        await connection.close()


async def _finding(
    connection: "asyncpg.Connection[Any]", check: Check, looked_at: int, kept: int | None
) -> Finding:
    ids: list[str] = []
    differences = 0
    async for row in connection.cursor(f"SELECT id FROM ({check.sql}) AS found ORDER BY id"):  # noqa: S608
        differences += 1
        if kept is None or differences <= kept:
            ids.append(row["id"])
    return Finding(check, looked_at, differences, ids)


async def _note_impossible(connection: "asyncpg.Connection[Any]") -> None:
    """Different lives are few, however many messages: each is walked once."""
    bad = [
        (path, state)
        async for path, state in connection.cursor(PATHS)
        if not leads_to(state, (path or "").split())
    ]
    await connection.copy_records_to_table("impossible", records=bad)


def leads_to(state: str, kinds: Iterable[str]) -> bool:
    """Do these events, from the first, lead a message to where its row says it is?"""
    at: Phase | Result | None = None
    try:
        for kind in kinds:
            if at is None and kind == Move.QUEUED:
                at = Phase.QUEUED
            else:  # it may also begin with its end: suppressed before it was ever queued
                at = moved(at or Phase.QUEUED, Move(kind))
    except ValueError:
        return False
    return state == (f"ended {at}" if isinstance(at, Result) else at)
