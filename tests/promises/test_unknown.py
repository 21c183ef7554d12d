"""An answer that leaves in doubt whether the vendor has it: the category says what happens then.

All cases are under way at once, each with an application of its own.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from doubtful_faults import ARRIVED, NOT_ARRIVED
from own_application import OwnApplication, Vendors, account_at_vendor

from deploy.local.sandbox.faults import Fault
from models.repositories.applications import NewAccount

CATEGORIES = {"resend": "transactional", "hold": "held"}
# Telegram, mail and webhooks cannot be asked. Twilio can, and `test_looking_up.py` is about it.
BLIND = ("smtp", "sendgrid", "telegram", "webhook")
CASES = [(v, f, c) for v in BLIND for f in (*ARRIVED, *NOT_ARRIVED) for c in CATEGORIES]
DEFINITE = [("smtp", Fault.ERROR_BEFORE)]  # 451 after the final dot: not taken, said clearly


@dataclass(frozen=True)
class Case:
    app: OwnApplication
    id: str
    to: str


def address(vendors: Vendors, account: NewAccount, n: int) -> dict[str, str]:
    vendor = account.vendor
    if vendor == "webhook":
        return {"webhook": vendors.receiver(account)}
    return {"telegram": f"52{n:06}"} if vendor == "telegram" else {"email": f"doubt{n}@example.com"}


@pytest.fixture(scope="module")
async def cases(platform, vendors, new_application) -> dict[tuple[str, Fault, str], Case]:
    """All accepted, none awaited."""
    found = {}
    for n, (vendor, fault, on_unknown) in enumerate(CASES):
        account = getattr(vendors, vendor)()
        app = await new_application(account)
        platform.fault(vendor, fault, account=account_at_vendor(account), times=1)
        to = address(vendors, account, n)
        id = await app.accept(to=to, category=CATEGORIES[on_unknown])
        found[vendor, fault, on_unknown] = Case(app, id, *to.values())
    return found


def attempts(view: dict[str, Any]) -> list[tuple[str, int | None]]:
    """Outcome and what it repeats."""
    return [(a["outcome"], a["retry_of"]) for a in view["messages"][0]["attempts"]]


@pytest.mark.parametrize(("vendor", "fault"), [(v, f) for v, f, c in CASES if c == "resend"])
async def test_it_is_sent_once_more_where_the_category_says_so(
    platform, cases, vendor, fault
) -> None:
    case = cases[vendor, fault, "resend"]

    view = await case.app.until(case.id, "sent", "unknown", "failed")

    [message] = view["messages"]
    first, second = message["attempts"]
    assert view["status"] == "sent"
    if (vendor, fault) in DEFINITE:
        assert attempts(view) == [("retry", None), ("accepted", None)]
        assert second["request_key"] == first["request_key"]
    else:
        assert attempts(view) == [("unknown", None), ("accepted", 1)]
        assert second["request_key"] == first["request_key"] + ".r1"
    copies = 2 if fault in ARRIVED else 1
    assert platform.arrived(case.to) == [vendor] * copies


IN_DOUBT = [(v, f) for v, f, c in CASES if c == "hold" and (v, f) not in DEFINITE]


@pytest.mark.parametrize(("vendor", "fault"), IN_DOUBT)
async def test_it_stays_unknown_and_visible_where_the_category_holds(
    platform, cases, vendor, fault
) -> None:
    case = cases[vendor, fault, "hold"]

    view = await case.app.until(case.id, "sent", "unknown", "failed", when=lambda v: v["ended_at"])

    [message] = view["messages"]
    assert (view["status"], message["result"]) == ("unknown", "unknown")
    assert attempts(view) == [("unknown", None)]
    assert "held" in [event["kind"] for event in view["timeline"]]
    assert len(platform.arrived(case.to)) == (1 if fault in ARRIVED else 0)


async def test_a_second_doubt_is_not_sent_a_third_time(platform, vendors, new_application) -> None:
    account = vendors.telegram()
    app = await new_application(account)
    platform.fault("telegram", Fault.ERROR_AFTER, account=account_at_vendor(account))

    id = await app.accept(to={"telegram": "53000001"})
    view = await app.until(id, "sent", "unknown", "failed", when=lambda v: v["ended_at"])

    assert view["status"] == "unknown"
    assert attempts(view) == [("unknown", None), ("unknown", 1)]
    assert platform.arrived("53000001") == ["telegram", "telegram"]
