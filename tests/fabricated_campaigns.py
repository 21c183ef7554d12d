"""A fabricated campaign that agrees with its audience, its approval and the vendor's journal."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from uuid_utils.compat import uuid7

from deploy.auditing.audit import Question, Report, audit
from deploy.local.sandbox.effects import Effect
from models.campaign import content_hash

CAMPAIGN, AUDIENCE, ACCOUNT, APPLICATION, CATEGORY = (str(uuid7()) for _ in range(5))
FIRST, SECOND = str(uuid7()), str(uuid7())  # the tokens of its two passes
START = datetime.now(UTC) - timedelta(minutes=10)
PEOPLE = 11
# What each went through, as far as events of its own tell it: (version, kind, attempt).
TOLD = {
    2: [(2, "unknown", 1), (3, "resend", 1)],
    3: [(2, "refused", 1)],
    4: [(2, "retry", 1)],
    5: [(2, "worker_lost", 1), (3, "held", 1)],
    10: [(2, "worker_lost", 1)],
}
# line: phase, result, reason, attempt, version
ENDS = {
    1: ("ended", "sent", "", 1, 2),
    2: ("ended", "sent", "", 2, 5),  # unknown, sent again
    3: ("ended", "refused", "smtp_550", 1, 2),
    4: ("ended", "expired", "expired", 1, 3),  # tried in vain, then swept
    5: ("ended", "unknown", "worker_lost", 1, 3),
    6: ("ended", "suppressed", "bounced", 0, 0),  # before it began
    7: ("ended", "sent", "", 2, 4),  # released, then sent
    8: ("sending", None, None, 1, 1),
    9: ("queued", None, None, 0, 0),
    10: ("ended", "sent", "", 1, 3),  # believed lost, and recorded late
    11: ("ended", "suppressed", "bounced", 0, 1),  # on the way
}
# line, n, token, retry_of, outcome, reason
ATTEMPTS = [
    (1, 1, FIRST, None, "accepted", ""),
    (2, 1, FIRST, None, "unknown", "timeout"),
    (2, 2, SECOND, 1, "accepted", ""),
    (3, 1, FIRST, None, "refused", "smtp_550"),
    (4, 1, FIRST, None, "retry", "smtp_450"),
    (5, 1, FIRST, None, None, None),
    (7, 2, SECOND, None, "accepted", ""),
    (10, 1, FIRST, None, "accepted", ""),
]
# seconds from START, kind, token, reason, detail
ACCOUNT_OF_IT: list[tuple[float, str, str | None, str | None, dict[str, Any]]] = [
    (-240, "created", None, None, {}),
    (-230, "submitted", None, None, {}),
    (-220, "validated", None, None, {}),
    (-120, "approved", None, None, {}),
    (-60, "started", None, None, {}),
    (0, "window_claimed", FIRST, None, {"first": 1, "last": 5, "messages": 5}),
    (1, "window_claimed", FIRST, None, {"first": 7, "last": 10, "messages": 2}),
    (2, "window_recorded", FIRST, None, {"sent": 1, "unknown": 1, "refused": 1, "retry": 1}),
    (3, "window_released", FIRST, None, {"messages": 1, "first": 7, "last": 7}),
    (60, "paused", None, None, {}),
    (61, "swept", None, "expired", {"messages": 1, "first": 4, "last": 4}),
    (62, "swept", None, "suppressed", {"messages": 1, "first": 11, "last": 11}),
    (90, "window_recorded", FIRST, None, {"sent": 1}),
    (120, "resumed", None, None, {}),
    (150, "window_claimed", SECOND, None, {"first": 2, "last": 8, "messages": 3}),
    (152, "window_recorded", SECOND, None, {"sent": 2}),
]


def address(line: int) -> str:
    return f"p{line}@example.com"


def effect(n: int, line: int, seconds: float = 1.5, **other: Any) -> Effect:
    at = (START + timedelta(seconds=seconds)).timestamp()
    known: dict[str, Any] = {"n": n, "at": at, "vendor": "smtp", "account": "", "vendor_id": "V"}
    key = f"{CAMPAIGN}.{line}"
    return Effect(**{**known, "to": address(line), "key": key, **other})


# The lost one's may have arrived; one is under way.
HONEST = (
    effect(1, 1),
    effect(2, 2),
    effect(3, 2, 151),
    effect(4, 7, 151),
    effect(5, 10),
    effect(6, 5),
    effect(7, 8, 151),
)


@dataclass
class FabricatedCampaign:
    """Its rows, and the vendors' journal."""

    url: str
    folder: Path
    connection: asyncpg.Connection
    effects: tuple[Effect, ...] = HONEST

    def write_journal(self) -> Path:
        path = self.folder / "journal.ndjson"
        path.write_bytes(b"".join(orjson.dumps(e) + b"\n" for e in self.effects))
        return path

    async def audit(self, *, alone: bool, **options: Any) -> Report:
        """Of this campaign alone, or of all there is."""
        one = UUID(CAMPAIGN) if alone else None
        return await audit(Question(self.url, (), [self.write_journal()], campaign=one, **options))

    async def differences(self, *, alone: bool, **options: Any) -> dict[str, list[str]]:
        report = await self.audit(alone=alone, **options)
        return {f.check.name: f.ids for f in report.findings if f.differences}

    async def write(self) -> None:
        await self._campaign()
        for line in ENDS:
            await self._message(line)
        for line, n, token, retry_of, outcome, reason in ATTEMPTS:
            seconds = {FIRST: 0, SECOND: 150}[token]
            key = f"{CAMPAIGN}.{line}" + (".r1" if retry_of else "")
            await self.connection.execute(
                "INSERT INTO attempt (owner_id, seq, n, account_id, request_key, claim_token,"
                " retry_of, outcome, reason, started_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                *(CAMPAIGN, line, n, ACCOUNT, key, token, retry_of, outcome, reason),
                START + timedelta(seconds=seconds),
            )
        for seconds, kind, token, reason, detail in ACCOUNT_OF_IT:
            await self.connection.execute(
                "INSERT INTO event (at, application_id, owner_id, kind, claim_token, reason,"
                " detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                *(START + timedelta(seconds=seconds), APPLICATION, CAMPAIGN, kind, token, reason),
                orjson.dumps(detail).decode(),
            )
        await self._approve()

    async def _campaign(self) -> None:
        run = self.connection.execute
        await run("INSERT INTO application (id, name) VALUES ($1, 'demo')", APPLICATION)
        await run(
            "INSERT INTO owner (id, application_id, kind, priority, status, next_at, expires_at)"
            " VALUES ($1, $2, 'campaign', 'low', 'running', now(), $3)",
            *(CAMPAIGN, APPLICATION, START + timedelta(hours=1)),
        )
        await run(
            "INSERT INTO campaign (id, application_id, name, status, channel, category_id, content,"
            " audience, audience_id, expires_in, canary, approval_within, authors, created_by,"
            " people, duplicates, approvals_needed, submitted_at, lapses_at, approved_at,"
            " started_at, canary_until, canary_passed_at, send_at)"
            " VALUES ($1, $2, 'News', 'running', 'email', $3, $4, $5, $6, '2 days', $7, '3 days',"
            " '{ada@example.com}', 'ada@example.com', $8, 0, 1, $9, $10, $11, $12, 5, $13, $12)",
            *(CAMPAIGN, APPLICATION, CATEGORY, '{"email": {"default": {"subject": "News"}}}'),
            orjson.dumps({"audience_id": AUDIENCE}).decode(),
            *(AUDIENCE, '{"percent": 1.0, "most_failures_percent": 50}', PEOPLE),
            *(START + timedelta(seconds=s) for s in (-230, 3600, -120, -60, 0.5)),
        )

    async def _message(self, line: int) -> None:
        phase, result, reason, attempt, version = ENDS[line]
        token = SECOND if line in (2, 7, 8) else FIRST
        lease = START + timedelta(seconds=210) if phase == "sending" else None
        run = self.connection.execute
        await run(
            "INSERT INTO audience_row (audience_id, line, address) VALUES ($1, $2, $3)",
            *(AUDIENCE, line, address(line)),
        )
        await run(
            "INSERT INTO message (owner_id, seq, application_id, step, channel, address, phase,"
            " result, reason, attempt, version, resends, retry_of, account_id, claim_token,"
            " lease_until, next_at, expires_at) VALUES ($1, $2, $3, 0, 'email', $4, $5, $6, $7, $8,"
            " $9, $10, $11, $12, $13, $14, now(), 'infinity')",
            *(CAMPAIGN, line, APPLICATION, address(line), phase, result, reason, attempt, version),
            *(int(line == 2), 1 if line == 2 else None, ACCOUNT, token if attempt else None, lease),
        )
        for at, kind, n in TOLD.get(line, ()):
            await run(
                "INSERT INTO event (application_id, owner_id, seq, version, kind, attempt)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                *(APPLICATION, CAMPAIGN, line, at, kind, n),
            )

    async def _approve(self) -> None:
        """By the hash that validation gave it."""
        digest = await self.connection.fetchval(
            "SELECT sum(hashtextextended(seq || ' ' || address, 0))::text FROM message"
        )
        hash = content_hash(
            {
                "channel": "email",
                "category_id": CATEGORY,
                "template_version_id": None,
                "content": {"email": {"default": {"subject": "News"}}},
                "data": {},
                "send_at": START - timedelta(seconds=60),
                "off_hours": False,
                "expires_in": timedelta(days=2),
                "canary": {"percent": 1.0, "most_failures_percent": 50},
                "audience": digest,
                "id": CAMPAIGN,
                "people": PEOPLE,
                "revision": 1,
            }
        )
        run = self.connection.execute
        await run("UPDATE campaign SET content_hash = $1", hash)
        await run("UPDATE owner SET content_hash = $1, approved_hash = $1", hash)
        await run(
            "INSERT INTO campaign_approval (campaign_id, hash, approver, decision, via, at)"
            " VALUES ($1, $2, 'grace@example.com', 'approved', 'api', $3)",
            *(CAMPAIGN, hash, START - timedelta(seconds=120)),
        )
