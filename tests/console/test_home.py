"""The first page: what needs attention, and nothing else."""

from uuid import UUID

from console_visitors import Desk
from uuid_utils.compat import uuid7

KIND = 4711


async def failed(desk: Desk, application_id: UUID, *ids: UUID) -> None:
    database = desk.api.database
    await database.execute(
        "INSERT INTO notification_kind VALUES ($1, $2, $3, 'medium', '{email}')",
        KIND,
        application_id,
        uuid7(),
    )
    rows = [(KIND, "failed", id) for id in ids]
    await database.executemany("INSERT INTO notification_listing VALUES ($1, $2, $3)", rows)


async def test_it_counts_what_failed_today_and_names_accounts_that_are_closed(desk: Desk) -> None:
    database = desk.api.database
    id = await database.fetchval("SELECT id FROM application WHERE name = 'demo'")
    yesterday = UUID("01890000-0000-7000-8000-000000000000")
    await failed(desk, id, yesterday, uuid7(), uuid7())
    viewer = desk.staff["viewer"]
    page = await viewer.page("/?application=demo")
    assert '<span class="n">2</span>' in page
    assert "All is quiet" in page
    await database.execute(
        "UPDATE vendor_account SET closed_until = now() + interval '1 hour',"
        " closed_reason = 'auth' WHERE name = 'sandbox-twilio'"
    )
    page = await viewer.page("/?application=demo")
    assert "sandbox-twilio" in page
    assert "sandbox-smtp" not in page
    assert "All is quiet" not in page
    assert "waiting for me" not in page  # a viewer approves nothing
