"""A decision's commit is not flushed by itself, and the setting goes with its transaction."""

from sqlalchemy import text

from models.repositories import decisions
from models.sessions import Sessions

SETTING = text("SELECT current_setting('synchronous_commit')")


async def test_the_setting_lasts_no_longer_than_the_decision(sessions: Sessions, rows) -> None:
    async with sessions.singly() as session:
        before = (await session.execute(SETTING)).scalar_one()
        await decisions.decide(session, rows.which.owner_id)
        assert (await session.execute(SETTING)).scalar_one() == before


async def test_a_decision_that_writes_is_unhurried(sessions: Sessions, rows) -> None:
    address = text("""UPDATE notification SET addresses = '{"sms": "1"}' WHERE owner_id = :id""")
    clear = text("DELETE FROM message WHERE owner_id = :id")
    async with sessions.begin() as session:
        await session.execute(address, {"id": rows.which.owner_id})
        await session.execute(text("SET LOCAL synchronous_commit = on"))
        await session.execute(clear, {"id": rows.which.owner_id})
        assert await decisions.decide(session, rows.which.owner_id)
        assert (await session.execute(SETTING)).scalar_one() == "off"
