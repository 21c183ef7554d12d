"""The pages of vendor accounts, keys, applications and the audit log."""

import re
from typing import Any

import pytest
from console_visitors import HOST, Desk

from models import keys

KEY = re.compile(r'<code class="secret">(td_\w+)</code>')


@pytest.fixture
async def account(desk: Desk) -> Any:
    """The demo's account for SMS."""
    return await desk.api.database.fetchrow(
        "SELECT id, name FROM vendor_account WHERE name = 'sandbox-twilio'"
    )


async def said(desk: Desk, subject: Any) -> list[tuple[str, str]]:
    rows = await desk.api.database.fetch(
        "SELECT action, actor_kind FROM audit_entry WHERE subject_id = $1 ORDER BY number",
        str(subject),
    )
    return [tuple(row) for row in rows]


async def test_an_operator_pauses_resumes_and_limits_an_account(desk: Desk, account: Any) -> None:
    operator, where = desk.staff["operator"], f"/vendor-accounts/{account['id']}"

    async def rated(**fields: str) -> Any:
        shown = re.search(r'name="revision" value="(\d+)"', await operator.page(where))
        assert shown
        return await operator.send(where, f"{where}/rate", revision=shown[1], **fields)

    page = await operator.page(where)
    assert "**********" in page
    assert "sandbox</code>" not in page

    assert (await operator.send(where, f"{where}/pause")).status_code == 303
    assert "Resume" in await operator.page(where)
    assert (await operator.send(where, f"{where}/resume")).status_code == 303
    rate = {"per_second": "20", "reserve_percent": "10"}
    assert (await rated(**rate)).status_code == 303
    row = await desk.api.database.fetchrow(
        "SELECT per_second, reserve FROM vendor_rate WHERE account_id = $1", account["id"]
    )
    assert tuple(row) == (20, 0.1)
    none = {"per_second": "", "reserve_percent": "20"}
    assert (await rated(**none)).status_code == 303
    answer = await rated(per_second="x")
    assert (answer.status_code, "want a number" in answer.text) == (422, True)
    assert await said(desk, account["id"]) == [
        ("vendor.pause", "staff"),
        ("vendor.resume", "staff"),
        ("vendor.rate", "staff"),
        ("vendor.rate", "staff"),
    ]


async def test_a_test_is_sent_once_however_often_its_form_is(desk: Desk, account: Any) -> None:
    operator, where = desk.staff["operator"], f"/vendor-accounts/{account['id']}"
    fields = {**await operator.form_of(where), "to": "+4915112345670"}
    assert (await operator.post(f"{where}/test", fields)).status_code == 303
    assert (await operator.post(f"{where}/test", fields)).status_code == 409
    pinned = "SELECT count(*) FROM notification WHERE pinned_account_id = $1"
    assert await desk.api.database.fetchval(pinned, account["id"]) == 1


async def test_the_order_is_changed_one_place_at_a_time(desk: Desk) -> None:
    operator = desk.staff["operator"]
    ids = "SELECT id FROM vendor_account WHERE channel = 'email' ORDER BY rank, id"
    first, second = [row["id"] for row in await desk.api.database.fetch(ids)]
    path = f"/vendor-accounts/{second}/up"
    assert (await operator.send("/vendor-accounts", path)).status_code == 303
    assert [row["id"] for row in await desk.api.database.fetch(ids)] == [second, first]


async def test_a_viewer_sees_accounts_and_no_button(desk: Desk, account: Any) -> None:
    page = await desk.staff["viewer"].page(f"/vendor-accounts/{account['id']}")
    assert account["name"] in page
    assert "/pause" not in page
    assert "/test" not in page


async def test_a_key_is_shown_once_rotated_and_revoked(desk: Desk) -> None:
    admin = desk.staff["admin"]
    fields = {"name": "till", "owner": "the shop", "scopes": ["keys:read", "audit:read"]}
    answer = await admin.send("/keys/new", "/keys", **fields, expires_at="2031-01-31")
    found = KEY.search(answer.text)
    assert found, answer.text
    assert keys.is_well_formed(found[1])
    header = {"Authorization": f"Bearer {found[1]}"}
    [view] = [
        item
        for item in (await desk.api.http.get("/v1/keys", headers=header)).json()["items"]
        if item["name"] == "till"
    ]
    assert (view["scopes"], view["expires_at"]) == (fields["scopes"], "2031-01-31T00:00:00Z")
    where = f"/keys/{view['id']}"
    assert found[1] not in await admin.page(where) + await admin.page("/keys")

    answer = await admin.send(where, f"{where}/rotate", overlap_hours="1")
    assert KEY.search(answer.text), answer.text
    answer = await admin.send(where, f"{where}/rotate", overlap_hours="1")
    assert answer.status_code == 409
    assert (await admin.send("/account", f"{where}/revoke")).status_code == 303
    assert "revoked" in await admin.page(where)
    assert await said(desk, view["id"]) == [("key.create", "staff"), ("key.revoke", "staff")]


async def test_an_application_is_made_and_changed(desk: Desk) -> None:
    admin = desk.staff["admin"]
    fields = {"name": "bakery", "time_zone": "Europe/Berlin", "begins": "21:00", "ends": "05:00"}
    assert (await admin.send("/applications/new", "/applications", **fields)).status_code == 303
    row = await desk.api.database.fetchrow("SELECT * FROM application WHERE name = 'bakery'")
    where = f"/applications/{row['id']}"
    changed = {**fields, "requests_per_second": "50"}
    assert (await admin.send(where, where, **changed)).status_code == 303
    limit = "SELECT requests_per_second FROM application WHERE name = 'bakery'"
    assert await desk.api.database.fetchval(limit) == 50
    answer = await admin.send(where, where, **{**fields, "time_zone": "Mars"})
    assert (answer.status_code, "IANA" in answer.text) == (422, True)


@pytest.mark.parametrize(
    "page", ["audit-log?from=0001-01-01", "notifications?from=0001-01-01T00:00"]
)
async def test_a_day_before_all_others_is_refused(desk: Desk, page: str) -> None:
    browser = await desk.at_work("viewer")
    browser.http.cookies.set(desk.console.cookies.name("zone"), "Asia/Shanghai", domain=HOST)
    answer = await browser.get(f"/{page}")
    assert (answer.status_code, "from" in answer.text) == (422, True)


async def test_the_audit_log_is_filtered_and_verified(desk: Desk, account: Any) -> None:
    viewer, admin = desk.staff["viewer"], desk.staff["admin"]
    page = await viewer.page("/audit-log?action=vendor.pause")
    assert "vendor.pause" in page
    assert "vendor.resume" not in page
    assert "Nothing like this was done" in await viewer.page("/audit-log?to=2020-01-01")
    assert (await viewer.get("/audit-log?from=yesterday")).status_code == 422
    assert "application.create" in await admin.page("/audit-log/all?action=application.create")

    answer = await admin.send("/account", "/audit-log/verify")
    assert "The audit log is whole" in answer.text
    limited = await desk.at_work("admin", "demo")
    assert (await limited.get("/audit-log/all")).status_code == 403
