"""A campaign is followed to its end, through broken streams, and told line by line."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from rich.console import Console

from api.sdk import Tidings
from deploy.calling.caller import IMPATIENT
from deploy.calling.stopping import stopping
from deploy.campaigning import watching
from deploy.campaigning.watching import exit_code, is_over, teller, watch
from deploy.sending.refusals import CannotRead, KeyRefused, Refused, Unreachable

URL = "http://api.example.com"
ID = UUID("01a20f53-3b94-7620-8697-b7c062ef8762")


def view(status: str, sent: int = 0, pending: int = 0, **more: Any) -> dict[str, Any]:
    counts = {"sent": sent, "queued": pending}
    reasons = {"sent": {"-": sent}, "pending": {"queued": pending}}
    people = sent + pending
    said = {"status": status, "people": people, "counts": counts, "reasons": reasons}
    rate = {"per_second": 0.0, "estimated_end": None, "at": "2030-01-31T09:00:00.1Z"}
    return {**said, **rate, **more}


def events(*views: dict[str, Any]) -> bytes:
    said = [f"event: progress\r\ndata: {json.dumps(each)}\r\n\r\n" for each in views]
    return ": ping\r\n\r\n".join(said).encode()


def api_that(answers: Callable[[httpx.Request], httpx.Response]) -> Tidings:
    return Tidings(URL, "key", patience=IMPATIENT, transport=httpx.MockTransport(answers))


def streams(*bodies: bytes) -> Tidings:
    left: Iterator[bytes] = iter(bodies)
    return api_that(lambda request: httpx.Response(200, content=next(left)))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(watching, "PATIENCE_SECONDS", 0.2)


def told(api: Tidings) -> tuple[dict[str, Any], str]:
    out = io.StringIO()
    with teller(Console(file=out, width=200)) as tell:
        return watch(api, ID, tell), out.getvalue()


def test_it_ends_with_the_campaign_and_each_change_is_a_line() -> None:
    running = view("running", 3, 7, per_second=1.5, estimated_end="2030-01-31T09:00:05Z")
    last, said = told(streams(events(view("scheduled", 0, 10), running, view("completed", 10))))
    assert exit_code(last) == 0
    assert said.splitlines() == [
        "09:00:00 scheduled, 10 people: 10 queued",
        "09:00:00 running, 10 people: 3 sent, 7 queued; 2/s; ends about 09:00:05 UTC",
        "09:00:00 completed, 10 people: 10 sent",
    ]


def test_a_stream_that_breaks_off_is_taken_up_again() -> None:
    last, said = told(streams(events(view("running", 1, 9)), b"", events(view("completed", 10))))
    assert last["status"] == "completed"
    assert said.count("\n") == 2


def test_what_was_under_way_when_it_was_cancelled_is_waited_for() -> None:
    assert not is_over(view("cancelled", 5, 1))
    assert is_over(view("cancelled", 5))
    assert exit_code(view("cancelled", 5)) == 3


@pytest.mark.parametrize("status", ["paused", "draft", "rejected", "lapsed", "invalid"])
def test_what_nobody_sends_is_not_waited_for(status: str) -> None:
    last, _ = told(streams(events(view(status, 5, 5))))
    assert exit_code(last) == 3


def test_patience_ends() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    with pytest.raises(Unreachable, match="does not answer"), stopping(URL):
        told(api_that(away))


PROBLEMS = [
    (403, {"code": "own_campaign", "detail": "you made it"}, Refused, r"^you made it \(own_c"),
    (403, {"code": "missing_scope", "detail": "no"}, KeyRefused, "refuses the key: no"),
    (409, {"code": "changed", "detail": "it has changed"}, Refused, "has changed .changed."),
    (422, {"code": "invalid", "field": "size", "detail": "\x1b[2J"}, Refused, r"^size: \\u001b"),
    (503, {"code": "database_unavailable", "detail": "away"}, Unreachable, "503: away"),
    (502, {}, Unreachable, "answered 502"),
    (404, {}, CannotRead, "is it the address"),
    (200, [], CannotRead, "is it the address"),
]


@pytest.mark.parametrize(("status", "body", "error", "words"), PROBLEMS)
def test_a_problem_is_one_line(status: int, body: Any, error: type[Exception], words: str) -> None:
    api = api_that(lambda request: httpx.Response(status, json=body))
    with pytest.raises(error, match=words), stopping(URL):
        api.campaigns.get(ID)
