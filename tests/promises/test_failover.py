"""An account that cannot take a message: the next one does, at once, and the timeline says why."""

import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import datetime

import pytest
from own_application import account_at_vendor
from raw_peers import HttpPeer, answer, listening

from deploy.local.sandbox.faults import Fault

AT_ONCE_SECONDS = 3  # on a busy machine; a pause before the next account would be longer
BREAKER = "SELECT failures, closed_until, closed_reason FROM vendor_account WHERE name = $1"


def seconds_between(first: str, then: str) -> float:
    return (datetime.fromisoformat(then) - datetime.fromisoformat(first)).total_seconds()


async def through_the_second(platform, app, first, second, to: str, reason: str) -> None:
    """It arrives once, by the second account, after one attempt by the first for this reason."""
    id = await app.accept(to={"sms": to})
    view = await app.until(id, "sent", "failed", "unknown")

    attempts = view["messages"][0]["attempts"]
    assert [(a["account"], a["reason"]) for a in attempts[:1]] == [(first.name, reason)]
    assert [(a["account"], a["outcome"]) for a in attempts[1:]] == [(second.name, "accepted")]
    assert seconds_between(attempts[0]["ended_at"], attempts[1]["started_at"]) < AT_ONCE_SECONDS
    effects = list(platform.sandbox.desk.journal.index.find(to, ""))
    assert [effect.account for effect in effects] == [account_at_vendor(second)]
    reasons = [(e["kind"], e["reason"]) for e in view["timeline"] if e["kind"] == "retry"]
    assert reasons == [("retry", reason)]
    breaker = await platform.api.database.fetchrow(BREAKER, first.name)
    assert breaker["closed_until"] is not None
    assert breaker["closed_reason"] == reason


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.REFUSE_ACCOUNT, "twilio_20003"),
        (Fault.BUSY, "twilio_20429"),
        (Fault.UNAVAILABLE, "http_503"),
    ],
)
async def test_the_second_account_takes_over_at_once(
    platform, vendors, new_application, fault, reason
) -> None:
    first, second = vendors.twilio(rank=1), vendors.twilio(rank=2)
    app = await new_application(first, second)
    platform.fault("twilio", fault, account=account_at_vendor(first))

    await through_the_second(platform, app, first, second, f"+491511000{len(fault):04}", reason)


async def test_it_does_so_when_no_delay_is_named(platform, vendors, new_application) -> None:
    busy = HttpPeer(answer=answer(429, b"slow down"))
    async with listening(busy.talk) as port:
        first, second = vendors.twilio(base_url=f"http://127.0.0.1:{port}"), vendors.twilio(2)
        app = await new_application(first, second)

        await through_the_second(platform, app, first, second, "+4915110010001", "http_429")

    assert len(busy.requests) == 1


async def test_it_does_so_when_the_connection_is_refused(
    platform, vendors, new_application, free_tcp_port
) -> None:
    first, second = vendors.twilio(base_url=f"http://127.0.0.1:{free_tcp_port}"), vendors.twilio(2)
    app = await new_application(first, second)

    await through_the_second(platform, app, first, second, "+4915110010002", "connect_failed")


@pytest.fixture
async def never_connects() -> AsyncIterator[int]:
    """A port where a connection is neither made nor refused."""
    with ExitStack() as stack:
        full, *waiting = [stack.enter_context(socket.socket()) for _ in range(4)]
        full.bind(("127.0.0.1", 0))
        full.listen(0)  # never accepts: once its queue is full, the kernel answers nobody
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        yield full.getsockname()[1]


async def test_it_does_so_when_the_connection_hangs(
    platform, vendors, new_application, never_connects
) -> None:
    first, second = vendors.twilio(base_url=f"http://127.0.0.1:{never_connects}"), vendors.twilio(2)
    app = await new_application(first, second)

    await through_the_second(platform, app, first, second, "+4915110010003", "connect_timeout")


async def test_it_does_so_for_mail_between_two_vendors(platform, vendors, new_application) -> None:
    first, second = vendors.smtp(rank=1), vendors.sendgrid(rank=2)
    app = await new_application(first, second)
    platform.fault("smtp", Fault.UNAVAILABLE, account=account_at_vendor(first))

    view = await app.until(await app.accept(to={"email": "over@example.com"}), "sent", "failed")

    assert [a["account"] for a in view["messages"][0]["attempts"]] == [first.name, second.name]
    assert platform.arrived("over@example.com") == ["sendgrid"]
