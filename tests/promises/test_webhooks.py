"""Webhooks end to end: signed, once where the receiver tells copies, and nobody else's fault."""

import json
from collections.abc import Sequence

from own_application import account_at_vendor

from deploy.local.sandbox.effects import Effect
from deploy.local.sandbox.faults import Fault

BREAKER = "SELECT failures, closed_until FROM vendor_account WHERE name = $1"
CONTENT = {"webhook": {"body": '{"type": "order.shipped", "data": {{ order }}, "at": "{{ at }}"}'}}
ORDER = {"id": '4711", "admin": true, "x": "', "items": ["ü", None, 2.5]}


def received(platform, url: str) -> Sequence[Effect]:
    return [e for e in platform.sandbox.desk.journal.index.find(url, "webhook") if e.to == url]


async def test_it_arrives_signed_with_the_data_as_json(platform, vendors, new_application) -> None:
    account = vendors.webhook()
    app = await new_application(account)
    url = vendors.receiver(account)
    data = {"order": ORDER, "at": '"}'}

    id = await app.accept(to={"webhook": url}, template=None, content=CONTENT, data=data)
    view = await app.until(id, "sent", "failed")

    [effect] = received(platform, url)
    expected = {"type": "order.shipped", "data": ORDER, "at": '"}'}
    assert json.loads(effect.text) == expected
    [message] = view["messages"]
    [attempt] = message["attempts"]
    assert message["channel"] == "webhook"
    assert attempt["vendor_id"] == effect.vendor_id
    assert effect.key == attempt["request_key"]


async def test_a_template_has_content_for_it(platform, vendors, new_application) -> None:
    account = vendors.webhook()
    app = await new_application(account)
    url = vendors.receiver(account)

    await app.until(await app.accept(to={"webhook": url, "name": 'A"da'}, data={}), "sent")

    [effect] = received(platform, url)
    assert json.loads(effect.text) == {"type": "welcome", "data": {"name": 'A"da'}}


async def test_copies_have_one_id_where_a_doubt_is_sent_again(
    platform, vendors, new_application
) -> None:
    account = vendors.webhook()
    app = await new_application(account)
    url = vendors.receiver(account)
    platform.fault("webhook", Fault.ERROR_AFTER, account=account_at_vendor(account), times=1)

    await app.until(await app.accept(to={"webhook": url}), "sent", "failed")

    first, second = received(platform, url)
    assert first.vendor_id == second.vendor_id
    assert first.key != second.key


async def test_a_receiver_that_tells_copies_has_it_once(platform, vendors, new_application) -> None:
    account = vendors.webhook(receiver_deduplicates=True)
    app = await new_application(account)
    url = vendors.receiver(account, "/once")
    platform.fault("webhook", Fault.RESET_AFTER, account=account_at_vendor(account), times=1)

    id = await app.accept(to={"webhook": url}, category="held")
    view = await app.until(id, "sent", "unknown", "failed")

    assert view["status"] == "sent"
    attempts = view["messages"][0]["attempts"]
    assert [a["outcome"] for a in attempts] == ["unknown", "accepted"]
    assert len({a["request_key"] for a in attempts}) == 1
    assert len(received(platform, url)) == 1


async def test_a_receiver_that_is_gone_gets_nothing_more(
    platform, vendors, new_application
) -> None:
    account = vendors.webhook()
    app = await new_application(account)
    url = vendors.receiver(account)
    platform.fault("webhook", Fault.REFUSE, account=account_at_vendor(account), times=1)

    first = await app.until(await app.accept(to={"webhook": url}), "sent", "failed", "suppressed")
    then = await app.until(await app.accept(to={"webhook": url}), "sent", "failed", "suppressed")

    assert first["messages"][0]["reason"] == "webhook_gone"
    assert (then["status"], then["messages"][0]["attempts"]) == ("suppressed", [])
    assert received(platform, url) == []


async def test_a_receiver_s_trouble_is_its_own(platform, vendors, new_application) -> None:
    """It neither closes the account nor delays the next receiver."""
    account = vendors.webhook()
    app = await new_application(account)
    named = account_at_vendor(account)
    refused, busy, well = (f"{vendors.http_url}/webhooks/{named}?{n}" for n in range(3))
    platform.fault("webhook", Fault.REFUSE_ACCOUNT, account=named, times=1)

    view = await app.until(await app.accept(to={"webhook": refused}), "sent", "failed")
    assert (view["status"], view["messages"][0]["reason"]) == ("failed", "http_401")
    platform.fault("webhook", Fault.BUSY, to=busy, times=1)
    waits = await app.accept(to={"webhook": busy})
    await app.until(await app.accept(to={"webhook": well}), "sent")

    row = await platform.api.database.fetchrow(BREAKER, account.name)
    assert (row["failures"], row["closed_until"]) == (0, None)
    view = await app.until(waits, "sent", "failed")
    attempts = view["messages"][0]["attempts"]
    assert [a["reason"] for a in attempts] == ["http_429", ""]
    again = await app.until(await app.accept(to={"webhook": refused}), "sent", "failed")
    assert again["status"] == "sent"


async def test_the_next_channel_takes_over(platform, vendors, new_application) -> None:
    account = vendors.webhook()
    app = await new_application(account, vendors.twilio())
    url = vendors.receiver(account)
    platform.fault("webhook", Fault.REFUSE, account=account_at_vendor(account))

    id = await app.accept(
        to={"webhook": url, "sms": "+4915112340815"},
        channels=["webhook", "sms"],
        channel_mode="first",
    )
    view = await app.until(id, "sent", "failed")

    assert [(m["channel"], m["result"]) for m in view["messages"]] == [
        ("webhook", "refused"),
        ("sms", "sent"),
    ]


async def test_a_campaign_goes_to_receivers(platform, vendors, new_team) -> None:
    account = vendors.webhook()
    team = await new_team(account)
    urls = [vendors.receiver(account, f"?{n}") for n in range(5)]
    people = {"recipients": [{"to": url, "data": {"order": n}} for n, url in enumerate(urls)]}
    content = {"webhook": {"body": '{"type": "news", "data": {{ order }}}'}}

    id = await team.submitted(channel="webhook", content=content, audience=people)
    await team.ada.until(id, "pending_approval")
    assert (await team.grace.approve(id)).status_code == 200

    await team.ada.until(id, "completed")
    bodies = [[json.loads(e.text)["data"] for e in received(platform, url)] for url in urls]
    assert bodies == [[0], [1], [2], [3], [4]]


async def test_where_nothing_is_sent_nothing_is_accepted(
    platform, vendors, new_application
) -> None:
    app = await new_application(vendors.webhook())
    for url, code in (
        ("https://127.0.0.1/", "webhook_not_public"),
        ("https://169.254.169.254/latest/meta-data/", "webhook_not_public"),
        ("https://[::ffff:10.0.0.1]/", "webhook_not_public"),
        ("https://localhost/", "webhook_not_public"),
        ("http://hooks.example.com/", "webhook_invalid"),
        ("https://2130706433/", "webhook_invalid"),
        (vendors.http_url.replace("127.0.0.1", "localhost") + "/webhooks/a", "webhook_invalid"),
        (f"https://hooks.example.com/{'x' * 1980}", "invalid"),
    ):
        asked = {"to": {"webhook": url}, "content": CONTENT, "data": {"order": 1, "at": 2}}
        answer = await app.ask("POST", "/v1/notifications", json=asked)
        assert answer.status_code == 422, url
        [error] = answer.json()["errors"] if "errors" in answer.json() else [answer.json()]
        assert (error["field"], error["code"]) == ("to.webhook", code), answer.text
        assert url not in answer.text
