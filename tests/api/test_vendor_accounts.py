"""Vendor accounts by API: secrets go in and never come out, and another's are not there."""

from typing import Any
from uuid import UUID

import orjson
import pytest
from api_in_process import SECRET_KEYS, Api
from own_application import OwnApplication, Vendors, own_application
from uuid_utils.compat import uuid7

from models.seal import Keyring

PATH = "/v1/vendor-accounts"
TWILIO = {"account_sid": "AC1", "auth_token": "hunter2", "sender": "+15005550006"}
MASK = "**********"
ENTRIES = """
SELECT action, subject_id, detail::text AS detail, actor_kind, actor_id FROM audit_entry
WHERE application_id = $1 ORDER BY number
"""


def account(**changes: Any) -> dict[str, Any]:
    return {"name": f"a-{uuid7()}", "vendor": "twilio", "config": TWILIO, **changes}


@pytest.fixture
async def own(api: Api, database_url: str) -> OwnApplication:
    return await own_application(api.http, database_url, SECRET_KEYS, ())


@pytest.fixture
async def other(api: Api, database_url: str) -> OwnApplication:
    vendors = Vendors("http://127.0.0.1:9", 9)
    return await own_application(api.http, database_url, SECRET_KEYS, [vendors.twilio()])


@pytest.fixture
async def made(own: OwnApplication) -> dict[str, Any]:
    answer = await own.ask("POST", PATH, json=account(rate={"per_second": 20}))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def entries(api: Api, own: OwnApplication) -> list[tuple[str, str, Any]]:
    rows = await api.database.fetch(ENTRIES, own.id)
    assert {row["actor_kind"] for row in rows} <= {"key"}
    assert "hunter" not in str(rows)
    return [(row["action"], row["subject_id"], orjson.loads(row["detail"])) for row in rows]


async def test_one_is_made_and_read_and_its_secret_stays_inside(api, own, made) -> None:
    seen = (await own.ask("GET", f"{PATH}/{made['id']}")).json()

    assert seen == made
    assert seen["config"] == {**TWILIO, "auth_token": MASK}
    assert (seen["channel"], seen["state"], seen["rank"]) == ("sms", "open", 1)
    assert seen["rate"] == {"per_second": 20, "reserve": 0.2}
    assert seen["errors"] == []
    sealed = await api.database.fetchval(
        "SELECT sealed_config FROM vendor_account WHERE id = $1", UUID(made["id"])
    )
    assert b"hunter2" not in sealed
    assert orjson.loads(Keyring(SECRET_KEYS).open(sealed, UUID(made["id"]))) == TWILIO
    [(action, subject, detail)] = await entries(api, own)
    assert (action, subject) == ("vendor.create", made["id"])
    assert detail["rate"] == {"per_second": 20, "reserve": 0.2}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"vendor": "twilo"}, "unknown_vendor", "vendor"),
        ({"config": {**TWILIO, "base_ulr": "x"}}, "invalid_config", "config.base_ulr"),
        ({"config": {"account_sid": "AC1"}}, "invalid_config", "config.sender"),
        ({"config": {**TWILIO, "auth_token": None}}, "invalid_config", "config"),
        ({"config": {**TWILIO, "auth_token": "hunter2 "}}, "invalid_config", "config.auth_token"),
        ({"config": {**TWILIO, "auth_token": MASK}}, "masked", "config.auth_token"),
        ({"rank": 0}, "invalid", "rank"),
        ({"rate": {"per_second": 0}}, "invalid", "rate.per_second"),
        ({"rate": {"per_second": 1e-300}}, "invalid", "rate.per_second"),
        ({"rate": {"per_second": 5, "reserve": 1}}, "invalid", "rate.reserve"),
        ({"name": "a\nb"}, "invalid", "name"),
        ({"channel": "sms"}, "unknown_field", "channel"),
    ],
)
async def test_what_no_worker_could_open_is_refused_by_field(
    own, refused, changes, code, field
) -> None:
    answer = await own.ask("POST", PATH, json=account(**changes))

    await refused(answer, 422, code, field)
    assert "hunter" not in answer.text
    assert (await own.ask("GET", PATH)).json()["items"] == []


async def test_a_name_is_taken_until_its_account_retires(own, made) -> None:
    again = account(name=made["name"])
    answer = await own.ask("POST", PATH, json=again)
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")
    other = (await own.ask("POST", PATH, json=account())).json()["id"]
    answer = await own.ask("PATCH", f"{PATH}/{other}", json={"name": made["name"], "rank": 7})
    assert (answer.status_code, answer.json()["field"]) == (409, "name")
    assert (await own.ask("GET", f"{PATH}/{other}")).json()["rank"] == 1

    answer = await own.ask("DELETE", f"{PATH}/{made['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_paused")
    await own.ask("POST", f"{PATH}/{made['id']}/pause")
    assert (await own.ask("DELETE", f"{PATH}/{made['id']}")).status_code == 204

    assert (await own.ask("GET", f"{PATH}/{made['id']}")).status_code == 404
    assert (await own.ask("POST", PATH, json=again)).status_code == 201


async def test_a_retired_one_has_no_settings_left(api, own, made) -> None:
    await own.ask("POST", f"{PATH}/{made['id']}/pause")
    await own.ask("DELETE", f"{PATH}/{made['id']}")
    sealed, paused = await api.database.fetchrow(
        "SELECT sealed_config, paused_at FROM vendor_account WHERE id = $1", UUID(made["id"])
    )
    assert sealed == b""
    assert paused, "a claim goes by this"


async def test_settings_change_field_by_field_and_workers_open_it_anew(api, own, made) -> None:
    where = f"{PATH}/{made['id']}"
    row = "SELECT sealed_config, revision FROM vendor_account WHERE id = $1"

    changed = {"config": {"auth_token": "hunter3", "base_url": "https://twilio.example.com"}}
    answer = await own.ask("PATCH", where, json=changed)
    assert answer.json()["config"] == {
        **TWILIO,
        "auth_token": MASK,
        "base_url": "https://twilio.example.com",
    }
    home = {"auth_token": "hunter3", "base_url": None}
    await own.ask("PATCH", where, json={"config": home})
    same = await own.ask("PATCH", where, json={"config": {"sender": TWILIO["sender"]}})

    assert same.json()["config"] == {**TWILIO, "auth_token": MASK}
    sealed, revision = await api.database.fetchrow(row, UUID(made["id"]))
    assert orjson.loads(Keyring(SECRET_KEYS).open(sealed, UUID(made["id"]))) == {
        **TWILIO,
        "auth_token": "hunter3",
    }
    assert revision == 3
    said = [(action, detail) for action, _, detail in await entries(api, own)][1:]
    assert said == [
        ("vendor.reconfigure", {"fields": ["auth_token", "base_url"]}),
        ("vendor.reconfigure", {"fields": ["base_url"]}),
    ]


@pytest.mark.parametrize(
    "config", [{"auth_token": None}, {"sender": ""}, {"base_ulr": "x"}, {"auth_token": MASK}]
)
async def test_a_change_that_no_worker_could_open_changes_nothing(own, made, config) -> None:
    answer = await own.ask("PATCH", f"{PATH}/{made['id']}", json={"config": config, "rank": 9})

    assert answer.status_code == 422
    assert answer.json()["field"].startswith("config")
    assert (await own.ask("GET", f"{PATH}/{made['id']}")).json() == made


MAIL = {
    "host": "mail.example.com",
    "username": "tidings",
    "password": "hunter2",
    "sender": "news@example.com",
    "message_id_domain": "example.com",
}
KEYED = {**TWILIO, "api_key_sid": "SK1", "api_key_secret": "hunter2"}
EVIL, PROXY = {"base_url": "https://evil.example"}, {"base_url": "https://proxy.example/a"}
MOVES = [  # vendor, its settings, what moves it, the secrets that are asked for
    ("twilio", TWILIO, EVIL, ["auth_token"]),
    ("twilio", KEYED, EVIL, ["auth_token", "api_key_secret"]),
    ("twilio", KEYED, {**EVIL, "auth_token": "x"}, ["api_key_secret"]),
    ("twilio", KEYED, {**EVIL, "auth_token": None}, ["api_key_secret"]),
    ("twilio", {**TWILIO, **PROXY}, {"base_url": None}, ["auth_token"]),
    ("twilio", {**TWILIO, **PROXY}, {"base_url": "http://proxy.example/a"}, ["auth_token"]),
    ("sendgrid", {"api_key": "hunter2", "sender": "a@example.com"}, EVIL, ["api_key"]),
    ("telegram", {"token": "1:hunter2"}, EVIL, ["token"]),
    ("smtp", MAIL, {"host": "evil.example"}, ["password"]),
    ("smtp", MAIL, {"port": 2525}, ["password"]),
    ("smtp", MAIL, {"tls": "none"}, ["password"]),
    ("smtp", MAIL, {"verify": False}, ["password"]),
    ("smtp", {**MAIL, "port": 2525}, {"port": None}, ["password"]),
]


@pytest.mark.parametrize(("vendor", "config", "move", "needed"), MOVES)
async def test_no_kept_secret_goes_to_another_place(
    own, refused, vendor, config, move, needed
) -> None:
    there = (await own.ask("POST", PATH, json=account(vendor=vendor, config=config))).json()
    where = f"{PATH}/{there['id']}"

    answer = await own.ask("PATCH", where, json={"config": move, "name": "moved"})

    await refused(answer, 422, "secret_needed", f"config.{needed[0]}")
    assert all(name in answer.json()["detail"] for name in needed)
    assert "hunter" not in answer.text
    assert (await own.ask("GET", where)).json() == there
    given = {name: config[name] for name in needed}
    moved = await own.ask("PATCH", where, json={"config": given | move})
    assert moved.status_code == 200, moved.text


@pytest.mark.parametrize(
    ("vendor", "config", "change"),
    [
        ("twilio", TWILIO, {"base_url": "https://api.twilio.com/"}),
        ("twilio", {**TWILIO, **PROXY}, PROXY),
        ("smtp", MAIL, {"port": 587, "tls": "tls", "verify": True, "sender": "b@example.com"}),
        ("smtp", {**MAIL, "tls": "none", "verify": False}, {"tls": "starttls", "verify": None}),
        ("smtp", MAIL, {"host": "other.example.com", "username": None, "password": None}),
        ("webhook", {"secret": f"whsec_{'hunter22' * 4}"}, {"allowed_hosts": ["example.com"]}),
    ],
)
async def test_what_leads_nowhere_else_asks_for_no_secret(own, vendor, config, change) -> None:
    there = (await own.ask("POST", PATH, json=account(vendor=vendor, config=config))).json()
    answer = await own.ask("PATCH", f"{PATH}/{there['id']}", json={"config": change})
    assert answer.status_code == 200, answer.text


async def test_the_second_of_two_edits_is_told(own, made, refused) -> None:
    where, read = f"{PATH}/{made['id']}", made["revision"]
    edits = ({"rank": 2}, {"name": "n"}, {"rate": None}, {"config": {"sender": "+15005550007"}})
    for edit in edits:
        first = await own.ask("PATCH", where, json={**edit, "revision": read})
        assert first.status_code == 200, first.text
        second = await own.ask("PATCH", where, json={"rank": 9, "revision": read})
        await refused(second, 409, "revision_changed", "revision")
        assert (await own.ask("GET", where)).json() == first.json()
        read = first.json()["revision"]


async def test_a_rate_is_set_changed_and_taken_away(own, made) -> None:
    where = f"{PATH}/{made['id']}"
    faster = await own.ask("PATCH", where, json={"rate": {"per_second": 50, "reserve": 0}})
    assert faster.json()["rate"] == {"per_second": 50, "reserve": 0}
    untouched = await own.ask("PATCH", where, json={"rank": 2})
    assert (untouched.json()["rate"], untouched.json()["rank"]) == (faster.json()["rate"], 2)
    assert (await own.ask("PATCH", where, json={"rate": None})).json()["rate"] is None


async def test_all_accounts_of_a_channel_are_put_in_order(api, own, refused) -> None:
    ids = [(await own.ask("POST", PATH, json=account())).json()["id"] for _ in range(3)]
    assert [i["id"] for i in (await own.ask("GET", PATH)).json()["items"]] == ids
    order = {"channel": "sms", "accounts": ids[::-1]}

    answer = await own.ask("PUT", f"{PATH}/order", json=order)

    assert [(i["id"], i["rank"]) for i in answer.json()["items"]] == [
        (ids[2], 1),
        (ids[1], 2),
        (ids[0], 3),
    ]
    for wrong in (ids[:2], [*ids, ids[0]], [*ids[:2], str(uuid7())]):
        answer = await own.ask("PUT", f"{PATH}/order", json={**order, "accounts": wrong})
        await refused(answer, 422, "not_all_accounts", "accounts")
    [*_, (action, _, detail)] = await entries(api, own)
    assert (action, detail) == ("vendor.order", order)


async def test_pages_follow_one_another_by_channel_and_rank(own) -> None:
    for n in range(5):
        await own.ask("POST", PATH, json=account(rank=5 - n))
    telegram = account(vendor="telegram", config={"token": "1:secret"})
    await own.ask("POST", PATH, json=telegram)
    found, after = [], {}
    while True:
        page = (await own.ask("GET", PATH, params={"limit": 2, **after})).json()
        found += [(item["channel"], item["rank"]) for item in page["items"]]
        if not page["next"]:
            break
        after = {"after": page["next"]}
    assert found == [*[("sms", n) for n in range(1, 6)], ("telegram", 1)]
    of_sms = (await own.ask("GET", PATH, params={"channel": "telegram"})).json()["items"]
    assert [item["name"] for item in of_sms] == [telegram["name"]]


async def test_it_is_paused_and_resumed_once_however_often_that_is_said(api, own, made) -> None:
    where = f"{PATH}/{made['id']}"
    for _ in range(2):
        answer = await own.ask("POST", f"{where}/pause")
        assert (answer.status_code, answer.json()["state"]) == (200, "paused")
    for _ in range(2):
        answer = await own.ask("POST", f"{where}/resume")
        assert (answer.json()["state"], answer.json()["paused_at"]) == ("open", None)
    said = [action for action, *_ in await entries(api, own)]
    assert said == ["vendor.create", "vendor.pause", "vendor.resume"]


async def test_resuming_opens_its_breaker(api, own, made) -> None:
    await api.database.execute(
        "UPDATE vendor_account SET closed_until = now() + interval '1 hour', failures = 9,"
        " closed_reason = 'http_401' WHERE id = $1",
        UUID(made["id"]),
    )
    where = f"{PATH}/{made['id']}"
    seen = (await own.ask("GET", where)).json()
    assert (seen["state"], seen["closed_reason"]) == ("closed", "http_401")

    assert (await own.ask("POST", f"{where}/resume")).json()["state"] == "open"
    assert (await own.ask("GET", where)).json()["closed_until"] is None


async def test_a_test_is_a_notification_pinned_to_the_account(api, own, made) -> None:
    answer = await own.ask(
        "POST", f"{PATH}/{made['id']}/test-send", json={"to": "+49 151 12345678"}
    )

    assert answer.status_code == 202
    id = answer.json()["notification_id"]
    row = await api.database.fetchrow(
        "SELECT pinned_account_id, addresses, on_unknown, owner_id FROM notification WHERE id = $1",
        UUID(id),
    )
    assert row["pinned_account_id"] == UUID(made["id"])
    assert orjson.loads(row["addresses"]) == {"sms": "+4915112345678"}
    assert (row["on_unknown"], str(row["owner_id"])) == ("hold", id)
    assert await api.database.fetchval("SELECT 1 FROM workflow_start WHERE id = $1", UUID(id))
    [*_, (action, subject, detail)] = await entries(api, own)
    assert (action, subject) == ("vendor.test", made["id"])
    assert detail == {"notification_id": id}, "no address"


async def test_a_test_that_cannot_be_sent_is_refused(own, made, refused) -> None:
    where = f"{PATH}/{made['id']}/test-send"
    await refused(await own.ask("POST", where, json={"to": "x"}), 422, "phone_invalid", "to")
    answer = await own.ask("POST", where, json={"to": "+4915112345678", "category": "none"})
    await refused(answer, 422, "unknown_category", "category")
    await own.ask("POST", f"{PATH}/{made['id']}/pause")
    answer = await own.ask("POST", where, json={"to": "+4915112345678"})
    await refused(answer, 409, "is_paused", "account_id")


async def test_anothers_account_is_not_there(own, other, refused) -> None:
    [theirs] = (await other.ask("GET", PATH)).json()["items"]
    assert (await own.ask("GET", PATH)).json()["items"] == []
    where = f"{PATH}/{theirs['id']}"
    for method, path, body in (
        ("GET", where, None),
        ("PATCH", where, {"rank": 2}),
        ("POST", f"{where}/pause", None),
        ("POST", f"{where}/resume", None),
        ("POST", f"{where}/test-send", {"to": "+4915112345678"}),
        ("DELETE", where, None),
    ):
        answer = await own.ask(method, path, json=body)
        await refused(answer, 404, "not_found", "account_id")
    answer = await own.ask(
        "PUT", f"{PATH}/order", json={"channel": "sms", "accounts": [theirs["id"]]}
    )
    await refused(answer, 422, "not_all_accounts", "accounts")
    assert (await other.ask("GET", where)).json()["state"] == "open"


@pytest.mark.parametrize(
    ("phase", "column"), [("sending", "account_id"), ("unknown", "account_id"), ("queued", "pin")]
)
async def test_it_does_not_retire_while_messages_depend_on_it(
    api, own, made, phase: str, column: str
) -> None:
    id = await own.accept(to={"sms": "+4915112345678"})
    column = {"pin": "pinned_account_id"}.get(column, column)
    await api.database.execute(
        f"INSERT INTO message (owner_id, seq, notification_id, application_id, step, channel,"
        f" address, phase, lease_until, {column}, next_at, expires_at)"
        " VALUES ($1, 1, $1, $2, 0, 'sms', '+4915112345678', $3,"
        " CASE $3 WHEN 'sending' THEN now() END, $4, now(), now() + interval '1 hour')",
        UUID(id),
        own.id,
        phase,
        UUID(made["id"]),
    )
    await own.ask("POST", f"{PATH}/{made['id']}/pause")
    answer = await own.ask("DELETE", f"{PATH}/{made['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "messages_open")
    await api.database.execute(
        "UPDATE message SET phase = 'ended', result = 'unknown', lease_until = NULL"
        " WHERE owner_id = $1",
        UUID(id),
    )
    assert (await own.ask("DELETE", f"{PATH}/{made['id']}")).status_code == 204


async def test_what_went_wrong_of_late_is_told_by_reason(api, own, made) -> None:
    await api.database.execute(
        "INSERT INTO attempt (owner_id, seq, n, account_id, request_key, claim_token, outcome,"
        " scope, reason, detail, started_at, ended_at) SELECT $2, n, 1, $1, 'k', $2,"
        " CASE WHEN n = 9 THEN 'accepted' ELSE 'refused' END, 'account', 'http_401',"
        " 'words ' || n, now() - n * interval '1 minute', now() - n * interval '1 minute'"
        " FROM generate_series(1, 20) n",
        UUID(made["id"]),
        uuid7(),
    )
    [error] = (await own.ask("GET", f"{PATH}/{made['id']}")).json()["errors"]
    assert (error["count"], error["reason"], error["detail"]) == (13, "http_401", "words 1")
