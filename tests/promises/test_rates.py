"""An account's rate, as the vendor's own journal shows it."""

from own_application import rated

PER_SECOND = 20
GRANTS = """
SELECT count(*) FROM vendor_grant g JOIN vendor_account a ON a.id = g.account_id
WHERE a.name = $1 AND until > now() + interval '5 s'
"""


def items(count: int, first: int, category: str) -> list[dict[str, object]]:
    content = {"sms": {"text": "Hello"}}
    return [
        {"to": {"sms": f"+4915130{first + n:06}"}, "content": content, "category": category}
        for n in range(count)
    ]


async def test_never_more_than_its_rate_in_any_second_and_high_priority_first(
    platform, vendors, new_application
) -> None:
    account = rated(vendors.twilio(), PER_SECOND)
    app = await new_application(account)
    low = await app.batch(items(100, 0, "newsletter"))
    high = await app.batch(items(100, 500, "otp"))

    for item in high["items"] + low["items"]:  # one asks at a time: the rest costs nothing
        await app.until(item["id"], "sent", "failed")

    effects = list(platform.sandbox.desk.journal.index.find("+4915130", ""))
    at = sorted(effect.at for effect in effects)
    assert len(at) == len({effect.to for effect in effects}) == 200
    crowds = [sum(t <= other < t + 1 for other in at) for t in at]
    assert max(crowds) <= PER_SECOND
    by_time = sorted(effects, key=lambda effect: effect.at)
    lows = [place for place, effect in enumerate(by_time) if effect.to < "+4915130000500"]
    highs = [place for place, effect in enumerate(by_time) if effect.to >= "+4915130000500"]
    # Low priority came first and had begun; from then on it waits until the last high one went.
    assert sum(place < max(highs) for place in lows) <= 2 * PER_SECOND
    assert max(highs) < max(lows)


async def test_a_lone_notification_takes_one_permit_and_gives_it_back(
    platform, vendors, new_application
) -> None:
    account = rated(vendors.twilio(), 5)
    app = await new_application(account)

    for n in range(6):
        await app.until(await app.accept(to={"sms": f"+491513100000{n}"}), "sent")

    assert await platform.api.database.fetchval(GRANTS, account.name) == 0
