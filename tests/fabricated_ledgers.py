"""Three fabricated ledgers that agree, until a test makes one of them lie."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson
from uuid_utils.compat import uuid7

from deploy.auditing.audit import Question, Report, audit
from deploy.local.sandbox.effects import Effect
from models.listing import kind_of, pairs_of

OWNER, ACCOUNT, APPLICATION = str(uuid7()), str(uuid7()), str(uuid7())
START = datetime.now(UTC) - timedelta(minutes=10)
# What six honest messages went through; the last word is how they ended.
LIVES = {
    1: ("email", "queued handing_over sent", "sent", ["accepted"]),
    2: ("sms", "queued handing_over unknown resend handing_over sent", "sent", ["unknown", "accepted"]),  # noqa: E501
    3: ("telegram", "queued handing_over refused", "refused", ["refused"]),
    4: ("email", "queued handing_over retry expired", "expired", ["retry"]),
    5: ("email", "queued handing_over worker_lost held", "unknown", [None]),
    6: ("email", "suppressed", "suppressed", []),
}  # fmt: skip
ADDRESSES = {"email": "ada{}@example.com", "sms": "+491511234567{}", "telegram": "77{}"}
VENDORS = {"email": "smtp", "sms": "twilio", "telegram": "telegram"}


def effect(seq: int, key: str = "", **other: object) -> Effect:
    channel = LIVES[seq][0]
    known = {
        "n": seq,
        "at": (START + timedelta(seconds=5)).timestamp(),
        "vendor": VENDORS[channel],
        "account": "",
        "to": ADDRESSES[channel].format(seq),
        "vendor_id": "V",
        "key": key or f"{OWNER}.{seq}",
    }
    return Effect(**{**known, **other})  # type: ignore[arg-type]


HONEST = (effect(1), effect(2), effect(2, f"{OWNER}.2.r1", n=3))


@dataclass
class Ledgers:
    """The rows of one notification, the journals of its client and its vendors."""

    owner = OWNER
    url: str
    folder: Path
    connection: asyncpg.Connection
    effects: tuple[Effect, ...] = HONEST
    accepted: list[dict[str, str]] = field(
        default_factory=lambda: [
            {"id": OWNER, "to": "ada1@example.com", "channel": "email", "key": "k"}
        ]
    )

    async def audit(self, **options: object) -> Report:
        sandbox, journal = self.folder / "journal.ndjson", self.folder / "client.ndjson"
        sandbox.write_bytes(b"".join(orjson.dumps(e) + b"\n" for e in self.effects))
        journal.write_bytes(b"".join(orjson.dumps(a) + b"\n" for a in self.accepted))
        question = Question(self.url, [journal], [sandbox])
        return await audit(replace(question, **options))  # type: ignore[arg-type]

    async def differences(self, **options: object) -> dict[str, list[str]]:
        report = await self.audit(**options)
        return {f.check.name: f.ids for f in report.findings if f.differences}

    async def list(self) -> None:
        application = UUID(APPLICATION)
        kind = kind_of(application, application, "high", ["email"])
        await self.connection.execute("UPDATE notification SET kind = $1", kind)
        await self.connection.execute(
            "INSERT INTO notification_kind (id, application_id, category_id, priority, channels)"
            " VALUES ($1, $2, $2, 'high', '{email}')",
            *(kind, APPLICATION),
        )
        await self.connection.execute(
            "INSERT INTO notification_listing (kind, status, id) VALUES ($1, 'sent', $2)",
            *(kind, OWNER),
        )
        await self.connection.execute(
            "INSERT INTO notification_metadata (pair, kind, notification_id) VALUES ($1, $2, $3)",
            *(*pairs_of(application, {"order": "4711"}), kind, OWNER),
        )

    async def write(self, seq: int) -> None:
        channel, events, result, attempts = LIVES[seq]
        last = len(events.split()) - 1
        retry_of = 1 if len(attempts) > 1 else None
        await self.connection.execute(
            "INSERT INTO message (owner_id, seq, notification_id, application_id, step, channel,"
            " address, phase, result, reason, attempt, retry_of, next_at, expires_at, version)"
            " VALUES ($1, $2, $1, $3, 0, $4, $5, 'ended', $6, $6, $7, $8, $9, $10, $11)",
            *(OWNER, seq, APPLICATION, channel, ADDRESSES[channel].format(seq), result),
            *(len(attempts), retry_of, START, START + timedelta(hours=1), last),
        )
        for n, outcome in enumerate(attempts, 1):
            key = f"{OWNER}.{seq}" + (".r1" if n > 1 else "")
            await self.connection.execute(
                "INSERT INTO attempt (owner_id, seq, n, account_id, request_key, claim_token,"
                " retry_of, outcome, started_at) VALUES ($1, $2, $3, $4, $5, $4, $6, $7, $8)",
                *(OWNER, seq, n, ACCOUNT, key, 1 if n > 1 else None, outcome, START),
            )
        for version, kind in enumerate(events.split()):
            await self.connection.execute(
                "INSERT INTO event (application_id, notification_id, owner_id, seq, version, kind,"
                " attempt) VALUES ($1, $2, $2, $3, $4, $5, 1)",
                *(APPLICATION, OWNER, seq, version, kind),
            )
