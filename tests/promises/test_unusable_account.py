"""An account whose settings cannot be read: it rests, and neither sending nor ending stops."""

from own_application import account_at_vendor

BREAK = "UPDATE vendor_account SET sealed_config = 'x', revision = revision + 1 WHERE name = $1"
BREAKER = "SELECT closed_reason FROM vendor_account WHERE name = $1"
SOON_OVER = "UPDATE notification SET expires_at = now() WHERE id = $1"


async def test_the_next_account_takes_over(platform, vendors, new_application) -> None:
    first, second = vendors.twilio(rank=1), vendors.twilio(rank=2)
    app = await new_application(first, second)
    await platform.api.database.execute(BREAK, first.name)

    view = await app.until(await app.accept(to={"sms": "+4915120000001"}), "sent", "failed")

    assert [a["account"] for a in view["messages"][0]["attempts"]] == [second.name]
    [effect] = platform.sandbox.desk.journal.index.find("+4915120000001", "")
    assert effect.account == account_at_vendor(second)
    assert await platform.api.database.fetchval(BREAKER, first.name) == "misconfigured"


async def test_without_another_it_ends_expired(platform, vendors, new_application) -> None:
    only = vendors.twilio()
    app = await new_application(only)
    await platform.api.database.execute(BREAK, only.name)

    id = await app.accept(to={"sms": "+4915120000002"}, expires_in=15)
    view = await app.until(id, "expired", "sent", "failed")

    assert view["status"] == "expired"
    assert view["messages"][0]["attempts"] == []
