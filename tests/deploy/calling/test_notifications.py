"""`tidings notifications`: from accepted to ended, and what can be done on the way."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from api.sdk import Tidings
from deploy.commands.notifications import notifications


@pytest.fixture
def send(stack: Any) -> Callable[..., str]:
    def send(**more: Any) -> str:
        body = {"to": {"email": "ada@example.com"}, "template": "welcome", "data": {"name": "Ada"}}
        with Tidings(stack.api, stack.key) as tidings:
            return tidings.notifications.send(**{**body, **more})["id"]

    return send


@pytest.fixture
def later() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


def test_one_is_followed_until_it_is_sent(run, send) -> None:
    id = send()
    done = run(notifications, "watch", id)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].endswith("  accepted")
    assert any(line.endswith("  sent  message 1") for line in lines)
    assert lines[-1] == f"{id}  sent"


def test_each_event_is_a_line_of_json_and_the_notification_the_last(run, send) -> None:
    id = send()
    done = run(notifications, "watch", id, "--json")
    *events, view = map(json.loads, done.stdout.splitlines())
    assert [event["kind"] for event in events][0::4] == ["accepted", "ended"]
    assert (view["id"], view["status"]) == (id, "sent")


def test_one_that_is_not_sent_is_exit_1(run, send, later: datetime) -> None:
    id = send(send_at=later)
    assert run(notifications, "cancel", id).exit_code == 0
    done = run(notifications, "watch", id)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (1, f"{id}  cancelled")


def test_it_is_shown_with_its_messages_attempts_and_timeline(run, send) -> None:
    id = send(metadata={"order": "\x1b[2J"})
    run(notifications, "watch", id)
    shown = run(notifications, "show", id).stdout
    assert shown.startswith(f"{id}  sent\ncontent  welcome version 1\n")
    assert "order=\\u001b[2J" in shown  # what others wrote moves no cursor
    assert "sandbox-smtp  accepted" in shown
    assert shown.count("handing over") == 1


def test_filters_find_it_and_json_is_what_the_api_says(run, told, send) -> None:
    order = str(uuid7())
    ids = [send(metadata={"order": order}) for _ in range(3)]
    run(notifications, "watch", ids[-1])
    of_the_order = ("list", "--metadata", f"order={order}")
    found = told(notifications, *of_the_order, "--limit", 2)["items"]
    assert [item["id"] for item in found] == [ids[2], ids[1]]
    assert told(notifications, *of_the_order, "--status", "failed") == {"items": [], "next": None}
    table = run(notifications, *of_the_order).stdout.splitlines()
    assert [line.split()[0] for line in table] == ["id", *reversed(ids)]


def test_it_is_edited_until_it_is_due_and_cancelled_once(run, told, send, later: datetime) -> None:
    id = send(send_at=later)
    at = (later + timedelta(hours=1)).isoformat()
    view = told(notifications, "edit", id, "--send-at", at, "--data", "name=Grace")
    assert view["data"] == {"name": "Grace"}
    assert datetime.fromisoformat(view["due_at"]) == later + timedelta(hours=1)
    assert told(notifications, "cancel", id)["outcome"] == "stopped"
    again = run(notifications, "cancel", id)  # whoever lost the first answer
    assert (again.exit_code, "  stopped; it is " in again.stdout) == (0, True)
    late = run(notifications, "edit", id, "--priority", "low")
    assert late.exit_code == 1
    assert late.stderr.startswith("tidings: ")


def test_it_is_sent_again_once_under_one_key(run, told, send) -> None:
    id = send()
    run(notifications, "watch", id)
    first, same = (
        told(notifications, "resend", id, "--idempotency-key", f"again-{id}") for _ in range(2)
    )
    assert first["id"] == same["id"] != id
    assert told(notifications, "show", first["id"])["resend_of"] == id


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("show", uuid7()), 1, "no such notification (not_found)"),
        (("edit", uuid7()), 2, "nothing to change"),
        (("edit", uuid7(), "--content", "no-such.json"), 2, "cannot read no-such.json"),
        (("list", "--metadata", "order"), 2, "want name=value"),
        (("list", "--from", "yesterday"), 1, "from: "),
    ],
    ids=["unknown", "nothing", "no file", "no value", "no time"],
)
def test_what_is_wrong_is_one_line(run, arguments: Any, code: int, words: str) -> None:
    done = run(notifications, *arguments)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert words in done.stderr


def test_an_api_that_is_away_is_exit_3(run, free_tcp_port: int) -> None:
    away = ("--url", f"http://127.0.0.1:{free_tcp_port}", "--key", "td_key")
    done = run(notifications, "list", *away)
    assert (done.exit_code, done.stderr.count("\n")) == (3, 1)
    assert "does not answer (ConnectError)" in done.stderr
