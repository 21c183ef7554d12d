"""Deciding and claiming in one statement leaves the rows that deciding and then claiming leaves.

And where it is not that simple, none: then `decide` finds everything as it was.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.repositories import decisions, first_claims, messages, notifications
from models.repositories.messages import Claimed
from models.selection import Selection
from models.sessions import Session, Sessions

APPLICATION = "INSERT INTO application (id, name) VALUES (:o, CAST(CAST(:o AS uuid) AS text))"
ACCOUNT = """
INSERT INTO vendor_account (id, application_id, name, channel, vendor, rank, sealed_config)
VALUES (:o, :o, 'account', 'sms', 'twilio', 1, '')
"""
PERSON = "INSERT INTO profile (id, application_id, external_id) VALUES (:o, :o, 'ada')"
CONTACT = """
INSERT INTO contact (id, profile_id, channel, address, rank)
SELECT gen_random_uuid(), :o, channel, address, rank
FROM (VALUES ('sms', '+492', 1), ('sms', '+491', 0), ('email', 'a@b.example', 0))
     AS c (channel, address, rank)
"""
OWNER = """
INSERT INTO owner (id, application_id, kind, priority, next_at)
VALUES (:o, :o, 'notification', 'high', now())
"""
NOTIFICATION = """
INSERT INTO notification (id, application_id, owner_id, category_id, priority, channels,
    channel_mode, on_unknown, profile_id, addresses, content, data, metadata, locale, due_at,
    expires_at, kind)
VALUES (:id, :o, :o, :o, 'high', CAST(:channels AS text[]), :mode, 'hold',
    CASE WHEN CAST(:address AS text) IS NULL THEN CAST(:o AS uuid) END,
    CASE WHEN CAST(:address AS text) IS NULL THEN '{}' ELSE jsonb_build_object('sms', :address) END,
    '{"sms": {"text": "Hello"}}', '{"name": "Ada"}', '{}', 'de', now(),
    now() + interval '1 hour', 1)
"""
LISTED = "INSERT INTO notification_listing (kind, status, id) VALUES (1, 'open', :id)"
MESSAGE = """
SELECT seq, notification_id = :o, step, channel, address, phase, result, reason, attempt, resends,
       retry_of, account_id = :o, pinned_account_id, claim_token,
       lease_until > now() + interval '50 s' AND lease_until < now() + interval '70 s',
       next_at <= now(), expires_at > now() + interval '50 min', version
FROM message WHERE owner_id = :o
"""
ATTEMPT = """
SELECT seq, n, account_id = :o, request_key = CAST(:o AS uuid) || '.' || seq, claim_token, retry_of,
       outcome
FROM attempt WHERE owner_id = :o
"""
EVENTS = """
SELECT notification_id = :o, seq, version, kind, reason, attempt
FROM event WHERE owner_id = :o ORDER BY id
"""
LOCKED = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND datname = current_database()
"""
# Whoever says so waits, with its snapshot taken, before it reads a notification.
HOLD = """
CREATE FUNCTION held() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
    IF current_setting('tidings.held', true) = 'on' THEN
        PERFORM pg_advisory_lock_shared(8);
        PERFORM pg_advisory_unlock_shared(8);
    END IF;
    RETURN true;
END $$
"""
HELD = (
    HOLD,
    "CREATE POLICY held ON notification USING (held())",
    "ALTER TABLE notification ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
)
LET_GO = (
    "ALTER TABLE notification DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY held ON notification",
    "DROP FUNCTION held()",
)
TOKEN = UUID(int=7)


@dataclass(frozen=True)
class New:
    """An owner of one notification to somebody with two telephones, just accepted."""

    sessions: Sessions
    id: UUID

    @property
    def which(self) -> Selection:
        return Selection(self.id, "sms", 1, 1)

    async def run(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self.sessions.begin() as session:
            return [tuple(row) for row in await session.execute(text(sql), values | {"o": self.id})]

    async def notify(
        self,
        *,
        channels: tuple[str, ...] = ("sms",),
        mode: str = "all",
        address: str | None = None,
        id: UUID | None = None,
    ) -> None:
        asked = {"id": id or self.id, "channels": list(channels), "mode": mode, "address": address}
        await self.run(NOTIFICATION, **asked)
        await self.run(LISTED, id=asked["id"])

    async def first(self, session: Session) -> list[Claimed]:
        return await first_claims.claim(session, self.which, self.id, TOKEN, 100)

    async def claimed_first(self) -> list[Claimed]:
        async with self.sessions.begin() as session:
            return await self.first(session)

    async def claimed_in_two_steps(self) -> list[Claimed]:
        async with self.sessions.begin() as session:
            assert await decisions.decide(session, self.id)
        async with self.sessions.begin() as session:
            return await messages.claim(session, self.which, self.id, TOKEN, 100)

    async def until_one_waits(self) -> None:
        async with asyncio.timeout(20):
            while await self.run(LOCKED) != [(1,)]:  # noqa: ASYNC110 - in PostgreSQL
                await asyncio.sleep(0.01)

    async def ledger(self) -> list[list[tuple[Any, ...]]]:
        return [await self.run(sql) for sql in (MESSAGE, ATTEMPT, EVENTS)]

    async def cancelled(self) -> bool:
        async with self.sessions.begin() as session:
            return await notifications.cancel(session, self.id, self.id, uuid7())


async def made(sessions: Sessions) -> New:
    new = New(sessions, uuid7())
    for sql in (APPLICATION, ACCOUNT, PERSON, CONTACT, OWNER):
        await new.run(sql)
    return new


@pytest.fixture
async def new(sessions: Sessions) -> New:
    return await made(sessions)


SIMPLE: dict[str, dict[str, Any]] = {
    "an address": {"address": "+493"},
    "a profile's best contact": {},
    "the first of its channels": {"mode": "first"},
    "the only channel it can be reached on": {"channels": ("telegram", "sms")},
}


@pytest.mark.parametrize("case", SIMPLE)
async def test_one_step_leaves_what_two_steps_leave(sessions, new, case) -> None:
    other = await made(sessions)
    await new.notify(**SIMPLE[case])
    await other.notify(**SIMPLE[case])

    [claimed], [expected] = await new.claimed_first(), await other.claimed_in_two_steps()

    assert await new.ledger() == await other.ledger()
    key, expected_key = claimed.request_key, expected.request_key
    assert key.removeprefix(str(new.id)) == expected_key.removeprefix(str(other.id)) == ".1"
    same = replace(expected, request_key=key, notification_id=new.id, application_id=new.id)
    assert replace(claimed, life=same.life) == same
    assert abs((claimed.life - same.life).total_seconds()) < 5


OTHERWISE: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({}, "UPDATE notification SET expires_at = now() + interval '9 s' WHERE id = :o"),
    "cancelled": ({}, "UPDATE notification SET cancelled_at = now() WHERE id = :o"),
    "ended": ({}, "UPDATE notification SET ended_at = now() WHERE id = :o"),
    "was scheduled": (
        {},
        "UPDATE notification SET created_at = now() - interval '1 h' WHERE id = :o",
    ),
    "pinned to another account": (
        {},
        "UPDATE notification SET pinned_account_id = gen_random_uuid() WHERE id = :o",
    ),
    "account paused": ({}, "UPDATE vendor_account SET paused_at = now() WHERE id = :o"),
    "suppressed": (
        {},
        "INSERT INTO suppression (application_id, channel, address, reason)"
        " SELECT :o, 'sms', address, 'complaint' FROM contact WHERE profile_id = :o",
    ),
    "owner not running": ({}, "UPDATE owner SET status = 'ended' WHERE id = :o"),
    "not approved as it is": ({}, "UPDATE owner SET content_hash = 'x' WHERE id = :o"),
    "nowhere to go": ({}, "DELETE FROM contact WHERE profile_id = :o"),
    "two channels": ({"channels": ("sms", "email")}, "SELECT 1"),
    "another channel": ({"channels": ("email",)}, "SELECT 1"),
    "the second of its channels": ({"channels": ("email", "sms"), "mode": "first"}, "SELECT 1"),
}


@pytest.mark.parametrize("case", OTHERWISE)
async def test_what_is_not_that_simple_is_left_as_it_is(new, case) -> None:
    asked, change = OTHERWISE[case]
    await new.notify(**asked)
    await new.run(change)
    assert await new.claimed_first() == []
    assert await new.ledger() == [[], [], []]


async def test_of_two_notifications_none_is_claimed_first(new) -> None:
    await new.notify()
    await new.notify(id=uuid7())
    assert await new.claimed_first() == []


async def test_it_is_claimed_once(new) -> None:
    await new.notify()
    tries = await asyncio.gather(*(new.claimed_first() for _ in range(8)))
    assert sorted(map(len, tries)) == [0] * 7 + [1]
    assert await new.claimed_first() == []


async def test_a_cancellation_under_way_comes_first(new) -> None:
    await new.notify()
    async with new.sessions.begin() as cancelling:
        assert await notifications.cancel(cancelling, new.id, new.id, uuid7())
        assert await new.claimed_first() == []  # nor is it waited for
    assert await new.claimed_first() == []


@pytest.fixture
async def held(new: New) -> AsyncIterator[None]:
    for sql in HELD:
        await new.run(sql)
    yield
    for sql in LET_GO:
        await new.run(sql)


async def test_a_cancellation_since_it_looked_comes_first(new, held) -> None:
    await new.notify()
    async with new.sessions.singly() as gate, new.sessions.begin() as claiming:
        await gate.execute(text("SELECT pg_advisory_lock(8)"))
        await claiming.execute(text("SELECT set_config('tidings.held', 'on', true)"))
        first = asyncio.create_task(new.first(claiming))
        await new.until_one_waits()
        assert await new.cancelled()
        await gate.execute(text("SELECT pg_advisory_unlock(8)"))
        assert await first == []


async def test_a_cancellation_that_comes_second_finds_it_handed_over(new) -> None:
    await new.notify()
    async with new.sessions.begin() as claiming:
        assert await new.first(claiming)
        cancelling = asyncio.create_task(new.cancelled())
        await new.until_one_waits()
    assert await cancelling
    assert await new.run("SELECT phase FROM message WHERE owner_id = :o") == [("sending",)]


async def test_a_decision_under_way_comes_first(new) -> None:
    await new.notify()
    async with new.sessions.begin() as deciding:
        assert await decisions.decide(deciding, new.id)
        second = asyncio.create_task(new.claimed_first())
        await new.until_one_waits()
    assert await second == []
    assert await new.run("SELECT phase FROM message WHERE owner_id = :o") == [("queued",)]
