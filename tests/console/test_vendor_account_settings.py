"""Vendor accounts made and changed in the console: by field, and never a secret on a page."""

import logging
import re
from typing import Any
from uuid import UUID

import orjson
import pytest
from console_visitors import Desk

MAIL = {
    "vendor": "smtp",
    "name": "relay",
    "config.host": "mail.example.com",
    "config.port": "2525",
    "config.tls": "starttls",
    "config.verify": "true",
    "config.username": "tidings",
    "config.password": "hunter22",
    "config.sender": "Example <news@example.com>",
    "config.message_id_domain": "example.com",
    "config.connections": "10",
    "rank": "7",
    "per_second": "20",
    "reserve_percent": "10",
}


async def make(desk: Desk, **fields: str) -> Any:
    operator = desk.staff["operator"]
    return await operator.send("/vendor-accounts/new/smtp", "/vendor-accounts", **MAIL | fields)


async def made(desk: Desk, name: str) -> UUID:
    answer = await make(desk, name=name)
    assert answer.status_code == 303, answer.text
    find = "SELECT id FROM vendor_account WHERE name = $1"
    id: UUID = await desk.api.database.fetchval(find, name)
    return id


async def seen(desk: Desk, id: UUID) -> Any:
    key = await desk.api.new_key(application="demo")
    header = {"Authorization": f"Bearer {key}"}
    return (await desk.api.http.get(f"/v1/vendor-accounts/{id}", headers=header)).json()


async def noted(desk: Desk, id: UUID) -> list[tuple[str, str, Any]]:
    rows = await desk.api.database.fetch(
        "SELECT action, actor_kind, detail FROM audit_entry WHERE subject_id = $1 ORDER BY number",
        str(id),
    )
    return [(row["action"], row["actor_kind"], orjson.loads(row["detail"])) for row in rows]


async def save(desk: Desk, where: str, **fields: str) -> Any:
    """The form as it is shown now, filled in."""
    operator = desk.staff["operator"]
    shown = re.search(r'name="revision" value="(\d+)"', await operator.page(where))
    assert shown
    return await operator.send(where, where, **{"revision": shown[1], **fields})


async def test_each_vendor_has_a_form_with_its_own_settings(desk: Desk) -> None:
    operator = desk.staff["operator"]
    choice = await operator.page("/vendor-accounts/new")
    for vendor in ("sendgrid", "smtp", "telegram", "twilio", "webhook"):
        assert f"/vendor-accounts/new/{vendor}?" in choice
    webhook = await operator.page("/vendor-accounts/new/webhook")
    assert 'name="config.secret" type="password"' in webhook
    assert '<textarea id="f-config.allowed_hosts"' in webhook
    assert '<option value="starttls" selected>' in await operator.page("/vendor-accounts/new/smtp")
    answer = await operator.get("/vendor-accounts/new/pigeon")
    assert (answer.status_code, "smtp" in answer.text) == (422, True)


async def test_an_account_is_made_as_the_api_makes_it(desk: Desk) -> None:
    id = await made(desk, "made-here")
    view = await seen(desk, id)
    assert view["rate"] == {"per_second": 20, "reserve": 0.1}
    assert (view["rank"], view["vendor"], view["channel"]) == (7, "smtp", "email")
    assert view["config"] == {
        "host": "mail.example.com",
        "port": 2525,
        "username": "tidings",
        "password": "**********",
        "sender": "Example <news@example.com>",
        "message_id_domain": "example.com",
    }
    [(action, kind, detail)] = await noted(desk, id)
    assert (action, kind, detail["name"]) == ("vendor.create", "staff", "made-here")
    again = await make(desk, name="made-here")
    assert (again.status_code, 'data-field="name"' in again.text) == (409, False)
    assert "name</strong>: an account of that name is there" in again.text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"config.host": ""}, "config.host"),
        ({"config.port": "many"}, "config.port"),
        ({"config.port": "70000"}, "config.port"),
        ({"config.password": "", "config.username": "someone"}, "config"),
        ({"config.message_id_domain": "no domain"}, "config.message_id_domain"),
        ({"rank": "0"}, "rank"),
        ({"per_second": "0"}, "per_second"),
        ({"reserve_percent": "95"}, "reserve"),
        ({"vendor": "pigeon"}, "vendor"),
    ],
    ids=str,
)
async def test_what_is_wrong_names_its_field_and_nothing_is_made(
    desk: Desk, wrong: dict[str, str], field: str
) -> None:
    answer = await make(desk, **{"name": "wrong", **wrong})
    assert answer.status_code == 422
    assert f"<strong>{field}</strong>" in answer.text
    assert "hunter22" not in answer.text
    there = "SELECT count(*) FROM vendor_account WHERE name = 'wrong'"
    assert await desk.api.database.fetchval(there) == 0


async def test_settings_are_changed_and_a_secret_is_never_shown(desk: Desk) -> None:
    operator, id = desk.staff["operator"], await made(desk, "changed-here")
    where = f"/vendor-accounts/{id}"
    for path in (where, f"{where}/settings"):
        assert "hunter22" not in await operator.page(path)
    same = {**MAIL, "name": "changed-here", "config.password": ""}
    assert (await save(desk, f"{where}/settings", **same)).is_redirect
    assert len(await noted(desk, id)) == 1
    other = {
        "config.host": "other.example.com",
        "config.port": "",
        "config.verify": "",
        "rank": "8",
    }
    answer = await save(desk, f"{where}/settings", **same | other)
    assert answer.status_code == 422
    assert "<strong>config.password</strong>: give password again" in answer.text
    assert (await seen(desk, id))["config"]["host"] == "mail.example.com"
    other["config.password"] = "hunter22"
    answer = await save(desk, f"{where}/settings", **same | other)
    assert answer.status_code == 303
    view = await seen(desk, id)
    assert (view["config"]["host"], view["config"]["verify"]) == ("other.example.com", False)
    assert "port" not in view["config"]
    assert (view["rank"], view["config"]["password"]) == (8, "**********")
    _, (action, _, detail), *_ = await noted(desk, id)
    assert (action, detail) == ("vendor.reconfigure", {"fields": ["host", "port", "verify"]})


async def test_a_secret_is_written_anew_or_forgotten(desk: Desk) -> None:
    id = await made(desk, "with-a-secret")
    where = f"/vendor-accounts/{id}/settings"
    same = {**MAIL, "name": "with-a-secret"}
    assert (await save(desk, where, **same | {"config.password": "newer"})).is_redirect
    forgotten = {"config.password": "", "config.username": "", "forget": "password"}
    assert (await save(desk, where, **same | forgotten)).is_redirect
    assert "password" not in (await seen(desk, id))["config"]
    fields = [detail["fields"] for _, _, detail in (await noted(desk, id))[1:]]
    assert fields == [["password"], ["password", "username"]]
    masked = await save(desk, where, **same | {"config.password": "**********"})
    assert (masked.status_code, "config.password" in masked.text) == (422, True)


async def test_the_second_of_two_operators_overwrites_nothing(desk: Desk) -> None:
    id = await made(desk, "edited-twice")
    where = f"/vendor-accounts/{id}/settings"
    same = {**MAIL, "name": "edited-twice", "config.password": "", "revision": "1"}
    first = await save(desk, where, **same | {"config.sender": "first@example.com"})
    assert first.is_redirect
    second = await save(desk, where, **same | {"config.connections": "5"})
    assert (second.status_code, "since revision 1" in second.text) == (409, True)
    assert (await seen(desk, id))["config"]["sender"] == "first@example.com"
    page = where.removesuffix("/settings")
    late = {"revision": "1", "per_second": "1", "reserve_percent": "0"}
    answer = await desk.staff["operator"].send(page, f"{page}/rate", **late)
    assert (answer.status_code, "since revision 1" in answer.text) == (409, True)


def signing_key(letter: str) -> str:
    return f"whsec_{letter * 40}"


async def test_a_rotated_signing_key_is_nowhere_to_be_read(desk: Desk, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    operator = desk.staff["operator"]
    header = {"Authorization": f"Bearer {await desk.api.new_key(application='demo')}"}
    path = "/v1/vendor-accounts"
    old, new, wrong = (signing_key(letter) for letter in "ABC")

    async def ask(method: str, path: str, body: Any = None) -> Any:
        return await desk.api.http.request(method, path, json=body, headers=header)

    settings = {"name": "hooks", "vendor": "webhook", "config": {"secret": old}}
    answers = [await ask("POST", path, settings)]
    where = f"{path}/{answers[0].json()['id']}"
    changes = (
        {"secret": new, "previous_secret": old},
        {"secret": f"{wrong}*"},
        {"previous_secret": None, "secert": wrong},
        {"previous_secret": None},
    )
    answers += [await ask("PATCH", where, {"config": config}) for config in changes]
    answers += [await ask("GET", read) for read in (where, path, "/v1/audit-log?limit=50")]
    assert [a.status_code for a in answers] == [201, 200, 422, 422, 200, 200, 200, 200]
    page = where.removeprefix("/v1")
    pages = (page, f"{page}/settings", "/vendor-accounts", "/audit-log")
    answers += [await operator.get(shown) for shown in pages]
    fields = {"name": "hooks", "rank": "1", "config.secret": f"{wrong}*"}
    answers += [await save(desk, f"{page}/settings", **fields)]
    assert [a.status_code for a in answers[8:]] == [200, 200, 200, 200, 422]

    entries = await noted(desk, UUID(answers[0].json()["id"]))
    assert [action for action, _, _ in entries] == ["vendor.create", *["vendor.reconfigure"] * 2]
    written = [caplog.text, str(entries), *(answer.text for answer in answers)]
    assert not [text for text in written for letter in "ABC" if letter * 40 in text]
