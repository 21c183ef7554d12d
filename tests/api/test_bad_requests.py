"""Requests that read well and cannot be met: each names its field, and its limit if it has one."""

from datetime import UTC, datetime, timedelta

import pytest

NOW = datetime.now(UTC)
LINE_BREAKS = "Ada\r\nBcc: eve@example.com"


def to(**parts: object) -> dict[str, object]:
    return {"to": parts}


def inline(**parts: object) -> dict[str, object]:
    return {"template": None, "data": {}, "content": parts}


# What is changed in a good request → code, field and limit of the problem.
REFUSED = {
    "unknown field": ({"colour": 1}, "unknown_field", "colour", None),
    "unknown field within": (to(email="a@example.com", mail=1), "unknown_field", "to.mail", None),
    "unknown template": ({"template": "nope"}, "unknown_template", "template", None),
    "unknown category": ({"category": "nope"}, "unknown_category", "category", None),
    "unknown variable": (
        {"data": {"name": "A", "x": 1}},
        "unknown_variable",
        "data.x",
        None,
    ),
    "missing variable": (
        {"data": {}},
        "template_undefined",
        "template.email.default.subject",
        None,
    ),
    "no content": ({"template": None}, "invalid", "body", None),
    "template and content": ({"content": {"sms": {"text": "x"}}}, "invalid", "body", None),
    "content without parts": (inline(), "content_missing", "content", None),
    "email without body": (
        inline(email={"subject": "x"}),
        "content_missing",
        "content.email.text",
        None,
    ),
    "unknown profile": (to(external_id="nobody"), "unknown_profile", "to.external_id", None),
    "profile id that is none": (to(profile_id="7"), "not_a_uuid", "to.profile_id", None),
    "nobody": (to(), "invalid", "to", None),
    "profile and address": (to(external_id="a", email="a@example.com"), "invalid", "to", None),
    "unknown channel": ({"channels": ["fax"]}, "invalid", "channels.0", "*"),
    "channel without address": ({"channels": ["sms"]}, "no_address", "channels", None),
    "channel without content": (
        inline(sms={"text": "x"}) | {"channels": ["email"]},
        "no_content",
        "channels",
        None,
    ),
    "no reachable contact": (inline(sms={"text": "x"}), "no_reachable_contact", "to", None),
    "no address mark": (to(email="ada"), "email_invalid", "to.email", None),
    "two addresses": (to(email="a@example.com,b@example.com"), "email_invalid", "to.email", None),
    "line break in address": (
        to(email="a@example.com\r\nBcc: b@example.com"),
        "address_invalid",
        "to.email",
        320,
    ),
    "phone in words": (to(sms="call me"), "phone_invalid", "to.sms", None),
    "phone with letters": (to(sms="+1800FLOWERS"), "phone_invalid", "to.sms", None),
    "phone too short": (to(sms="+4912"), "phone_invalid", "to.sms", None),
    "chat of two words": (to(telegram="a b"), "telegram_invalid", "to.telegram", None),
    "chat that is true": (to(telegram=True), "invalid", "to.telegram", None),
    "chat with a fraction": (to(telegram=1.5), "invalid", "to.telegram", None),
    "line break in name": (to(email="a@example.com", name=LINE_BREAKS), "invalid", "to.name", "*"),
    "name that is a number": (to(email="a@example.com", name=1), "invalid", "to.name", None),
    "line break in a header by data": (
        {"data": {"name": LINE_BREAKS}},
        "header_control_character",
        "template.email.default.subject",
        None,
    ),
    "line break in a header": (
        inline(email={"subject": LINE_BREAKS, "text": "x"}),
        "header_control_character",
        "content.email.subject",
        None,
    ),
    "unknown time zone": (
        to(email="a@example.com", time_zone="Mars/Olympus"),
        "unknown_time_zone",
        "to.time_zone",
        None,
    ),
    "time zone of the machine": (
        to(email="a@example.com", time_zone="localtime"),
        "unknown_time_zone",
        "to.time_zone",
        None,
    ),
    "time zone as a path": (
        to(email="a@example.com", time_zone="../../etc/passwd"),
        "unknown_time_zone",
        "to.time_zone",
        None,
    ),
    "locale as a path": (to(email="a@example.com", locale="../de"), "invalid", "to.locale", "*"),
    "data as a list": ({"data": [1]}, "invalid", "data", None),
    "data that is null": ({"data": None}, "invalid", "data", None),
    "data too deep": ({"data": {"name": [[[[[[1]]]]]]}}, "data_too_deep", "data", 6),
    "data too large": ({"data": {"name": "a" * 262_144}}, "data_too_large", "data", 262_144),
    "too much metadata": (
        {"metadata": {str(n): "x" for n in range(21)}},
        "invalid",
        "metadata",
        20,
    ),
    "long metadata": ({"metadata": {"a": "x" * 501}}, "invalid", "metadata.a", 500),
    "metadata in numbers": ({"metadata": {"a": 1}}, "invalid", "metadata.a", None),
    "in the past": (
        {"send_at": (NOW - timedelta(minutes=1)).isoformat()},
        "in_the_past",
        "send_at",
        "5 s ago",
    ),
    "the year 1": ({"send_at": "0001-01-01T00:00:00+14:00"}, "invalid", "send_at", None),
    "the year 9999": ({"send_at": "9999-12-31T00:00:00Z"}, "too_far_ahead", "send_at", "366 days"),
    "time without zone": ({"send_at": "2030-01-01T00:00:00"}, "invalid", "send_at", None),
    "time as a number": ({"send_at": 1_900_000_000}, "invalid", "send_at", None),
    "time as digits": ({"send_at": "1900000000"}, "invalid", "send_at", None),
    "time as digits below 0": ({"send_at": "-1900000000"}, "invalid", "send_at", None),
    "expiry before sending": (
        {"send_at": (NOW + timedelta(hours=1)).isoformat(), "expires_in": 60},
        "expires_before_due",
        "expires_in",
        "at least 15 s after send_at",
    ),
    "expiry that is negative": ({"expires_in": -1}, "invalid", "expires_in", 15),
    "expiry too far": ({"expires_in": 2_592_001}, "invalid", "expires_in", 2_592_000),
    "expiry with a fraction": ({"expires_in": 60.5}, "invalid", "expires_in", None),
    "expiry beyond numbers": ({"expires_in": 1e300}, "invalid", "expires_in", None),
    "expiry in words": ({"expires_in": "60"}, "invalid", "expires_in", None),
    "expiry that is true": ({"expires_in": True}, "invalid", "expires_in", None),
    "fixed priority": (
        {"template": "otp", "data": {"code": "1"}, "priority": "low"},
        "priority_fixed",
        "priority",
        "high",
    ),
    "unknown priority": ({"priority": "urgent"}, "invalid", "priority", "*"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=list(REFUSED))
async def test_a_request_that_cannot_be_met(api, body, refused, case) -> None:
    changes, code, field, limit = case
    asked = {name: value for name, value in body(**changes).items() if value is not None}
    if "data" in changes:
        asked["data"] = changes["data"]

    problem = await refused(await api.send(asked), 422, code, field)

    assert problem.get("limit") == limit or (limit == "*" and "limit" in problem)


SECRETS = ["hunter2", "hunter2@", "hunter2@example.com\r\n", "+49hunter2"]


@pytest.mark.parametrize("field", ["email", "sms", "telegram", "profile_id", "time_zone", "locale"])
async def test_no_problem_repeats_what_was_sent(api, body, field) -> None:
    for secret in SECRETS:
        parts = {"email": "a@example.com", field: secret}

        answer = await api.send(body(to=parts))

        assert answer.status_code == 422
        assert "hunter2" not in answer.text


async def test_a_higher_priority_needs_its_scope(api, body, refused) -> None:
    key = await api.new_key("notifications:send")

    answer = await api.send(body(priority="high"), Authorization=f"Bearer {key}")

    problem = await refused(answer, 403, "forbidden", "priority")
    assert problem["limit"] == "priority:raise"


async def test_an_offset_of_most_of_a_day_is_a_time(api, body) -> None:
    at = (NOW + timedelta(days=2)).replace(microsecond=0)
    written = (at + timedelta(hours=23, minutes=59)).strftime("%Y-%m-%dT%H:%M:%S+23:59")

    answer = await api.send(body(send_at=written))

    assert answer.status_code == 202, answer.text
    assert datetime.fromisoformat(answer.json()["due_at"]) == at


async def test_odd_texts_come_back_as_they_were_sent(api, body) -> None:
    metadata = {"rtl": "\u202eada", "breaks": "a\r\nBcc: b", "emoji": "👩‍👩‍👧", "zero": "a\u200bb"}
    data = {"name": "Ạ̈da \u2067عدا\u2069 😀"}

    sent = await api.send(body(metadata=metadata, data=data))

    seen = (await api.http.get(f"/v1/notifications/{sent.json()['id']}")).json()
    assert seen["metadata"] == metadata
    assert seen["data"] == data
