"""202 only after COMMIT: whatever fails there, the caller is told, and nothing is stored."""

import asyncio
from contextlib import asynccontextmanager

import pytest

FAIL = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the disk of this test is full' USING ERRCODE = '{state}'; END $$;
CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON notification DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION fail()
"""
HOLD = """
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER holds AFTER INSERT ON notification DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION hold()
"""
WAITING = """
SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory'
AND datname = current_database()
"""


@asynccontextmanager
async def at_commit(api, script: str, name: str):
    """Something happens at every COMMIT that has accepted a notification."""
    await api.database.execute(script)
    try:
        yield
    finally:
        await api.database.execute(f"DROP FUNCTION {name}() CASCADE")


def both(api, body):
    return [
        lambda **headers: api.send(body(), **headers),
        lambda **headers: api.batch([body(), body()], **headers),
    ]


@pytest.mark.parametrize("route", [0, 1], ids=["one", "batch"])
@pytest.mark.parametrize(
    ("state", "status", "code"),
    [("23514", 500, "internal"), ("53100", 503, "database_unavailable")],
)
async def test_a_commit_that_fails_is_never_answered_202(
    api, body, route, state, status, code
) -> None:
    send, before = both(api, body)[route], await api.rows()
    key = f"commit-{route}-{state}"

    async with at_commit(api, FAIL.format(state=state), "fail"):
        answer = await send(Idempotency_Key=key)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "disk of this test" not in answer.text
    assert await api.rows() == before
    again = await send(Idempotency_Key=key)
    assert again.status_code == 202
    assert "idempotency-replayed" not in again.headers


@pytest.mark.parametrize("route", [0, 1], ids=["one", "batch"])
async def test_a_connection_that_dies_before_its_commit_is_a_503(
    api, body, refused, until, route
) -> None:
    send = both(api, body)[route]
    async with at_commit(api, HOLD, "hold"), api.database.acquire() as holder:
        await holder.execute("SELECT pg_advisory_lock(4711)")
        sending = asyncio.create_task(send(Idempotency_Key=f"dies-{route}"))
        pid = await until(lambda: api.database.fetchval(WAITING))

        await api.database.execute("SELECT pg_terminate_backend($1)", pid)
        answer = await sending
        await holder.execute("SELECT pg_advisory_unlock(4711)")

    problem = await refused(answer, 503, "database_unavailable")
    assert "may have been accepted" in problem["detail"]
    assert answer.headers["retry-after"] == "2"
    assert (await send(Idempotency_Key=f"dies-{route}")).status_code == 202
