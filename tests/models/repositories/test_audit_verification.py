"""Whatever is done to the audit log by whoever may do anything to the table, the walk finds it."""

from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from deploy.local.postgres import SUPERUSER
from models import database
from models.repositories import audit_entries, audit_log
from models.repositories.audit_entries import AT_ONCE, Head, Verified
from models.repositories.audit_log import Actor, Entry
from models.sessions import Sessions

ENTRIES = 6
APPLICATION = uuid7()
# By column: another value than any entry has.
TAMPERED = {
    "number": "number + 100",
    "at": "at + interval '1 microsecond'",
    "application_id": "NULL",
    "actor_kind": "'staff'",
    "actor_id": "NULL",
    "actor_name": "'eve'",
    "action": "'key.revoke'",
    "subject_kind": "'template'",
    "subject_id": "'other'",
    "detail": """'{"a":1, "n":2}'""",  # a blank more
    "previous": "sha256('x')",
    "hash": "sha256('x')",
}


@pytest.fixture(scope="module")
async def sessions(database_url: str) -> AsyncIterator[Sessions]:
    engine = database.engine(database_url, pool=2, name="audit log", patience_seconds=8)
    yield Sessions(engine)
    await engine.dispose()


@pytest.fixture
async def superuser(database_url: str, sessions: Sessions) -> AsyncIterator[asyncpg.Connection]:
    """To whom triggers are no obstacle; what is done is undone."""
    address = database_url.replace("tidings:tidings@", f"{SUPERUSER}:superuser@")
    connection = await asyncpg.connect(address)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("DELETE FROM audit_entry")
    async with sessions.begin() as session:
        for n in range(ENTRIES):
            entry = Entry(
                Actor("key", APPLICATION, "ada"), "key.create", "key", str(n), APPLICATION, {"a": 1}
            )
            await audit_log.append(session, entry)
    yield connection
    await connection.close()


@pytest.fixture
def verified(sessions: Sessions) -> Callable[..., object]:
    async def verify(expected: Head | None = None) -> Verified:
        async with sessions.singly() as session:
            return await audit_entries.verify(session, expected)

    return verify


async def test_a_whole_one_is_whole(superuser, verified) -> None:
    found = await verified()
    hash = await superuser.fetchval("SELECT hash FROM audit_entry ORDER BY number DESC LIMIT 1")
    assert found == Verified(Head(ENTRIES, hash))
    assert await verified(found.head) == found


async def test_every_column_is_covered(superuser) -> None:
    columns = await superuser.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'audit_entry'"
    )
    assert {row["column_name"] for row in columns} == set(TAMPERED)


@pytest.mark.parametrize("at", [1, 3, ENTRIES])
@pytest.mark.parametrize("column", TAMPERED)
async def test_a_changed_column_is_found(superuser, verified, column: str, at: int) -> None:
    await superuser.execute(
        f"UPDATE audit_entry SET {column} = {TAMPERED[column]} WHERE number = $1", at
    )
    found = await verified()
    assert found.broken == at
    assert found.why
    assert found.head.number == at - 1


async def test_entries_taken_from_the_middle_or_the_beginning_are_missed(
    superuser, verified
) -> None:
    await superuser.execute("DELETE FROM audit_entry WHERE number = 3")
    assert await verified() == Verified((await verified()).head, 3, "missing")
    await superuser.execute("DELETE FROM audit_entry WHERE number = 1")
    assert await verified() == Verified(Head(), 1, "missing")


async def test_renumbering_behind_a_gap_does_not_hide_it(superuser, verified) -> None:
    await superuser.execute("DELETE FROM audit_entry WHERE number = 3")
    for number in (4, 5, 6):
        await superuser.execute("UPDATE audit_entry SET number = $1 - 1 WHERE number = $1", number)
    assert (await verified()).broken == 3


async def test_swapped_entries_are_found(superuser, verified) -> None:
    for before, after in ((2, 100), (4, 2), (100, 4)):
        await superuser.execute(
            "UPDATE audit_entry SET number = $2 WHERE number = $1", before, after
        )
    assert (await verified()).broken == 2


async def test_an_end_that_is_cut_off_is_seen_by_who_remembers_it(superuser, verified) -> None:
    head = (await verified()).head
    await superuser.execute("DELETE FROM audit_entry WHERE number >= 5")

    assert (await verified()).broken is None, "what is left is a whole chain"
    found = await verified(head)
    assert (found.broken, found.head.number) == (5, 4)


async def test_a_chain_written_anew_is_seen_by_who_remembers_the_old_one(
    superuser, verified, sessions
) -> None:
    head = (await verified()).head
    await superuser.execute("DELETE FROM audit_entry")
    async with sessions.begin() as session:
        for n in range(ENTRIES + 2):
            entry = Entry(Actor("cli", None, "eve"), "key.create", "key", str(n))
            await audit_log.append(session, entry)

    assert (await verified()).broken is None
    assert (await verified(head)).broken == ENTRIES


async def test_it_walks_in_batches(superuser, verified, sessions) -> None:
    async with sessions.begin() as session:
        for n in range(AT_ONCE + 1):
            await audit_log.append(session, Entry(Actor("cli", None, "x"), "a.b", "c", str(n)))
    assert (await verified()).head.number == ENTRIES + AT_ONCE + 1
