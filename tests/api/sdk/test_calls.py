"""Calls of both clients over one script: asked again or not, and what an answer becomes."""

import asyncio
import inspect
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.sdk import (
    AsyncTidings,
    Conflict,
    Forbidden,
    Invalid,
    NotEnded,
    NotFound,
    NotTidings,
    Patience,
    RateLimited,
    Tidings,
    TooLarge,
    Unauthorized,
    Unavailable,
    Unreachable,
    ndjson,
    uploading,
)

ID = UUID("01a20f53-3b94-7620-8697-b7c062ef8762")
ACCEPTED = {"id": str(ID), "status": "accepted"}
Answer = Callable[[httpx.Request], httpx.Response]


class Script:
    """Gives its answers in order, the last one for ever, and remembers what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.told: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(request)


def says(status: int, body: Any = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(status, json=body, headers=named)


def busy(status: int, code: str = "busy", **headers: str) -> Answer:
    return says(status, {"status": status, "code": code, "detail": "not now"}, **headers)


def fails(error: type[httpx.TransportError]) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("as the script says")

    return answer


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Runs one call on either client, and gives its answer, or its items as a list."""

    def run(script: Script, ask: Callable[[Any], Any], **patience: Any) -> Any:
        quick = {"first_pause_seconds": 0.001, "longest_pause_seconds": 0.002, "seconds": 1.0}
        settings = {"patience": Patience(**{**quick, **patience}, told=script.told.append)}
        transport = httpx.MockTransport(script)
        if request.param == "sync":
            with Tidings("http://api", "td_key", transport=transport, **settings) as tidings:
                answer = ask(tidings)
                return list(answer) if inspect.isgenerator(answer) else answer

        async def later() -> Any:
            made = AsyncTidings("http://api", "td_key", transport=transport, **settings)
            async with made as tidings:
                answer = ask(tidings)
                return [x async for x in answer] if inspect.isasyncgen(answer) else await answer

        return asyncio.run(later())

    return run


def send(tidings: Any) -> Any:
    return tidings.notifications.send(to={"email": "ada@example.com"}, template="welcome")


def submit(tidings: Any) -> Any:
    return tidings.campaigns.submit(ID)


def keys(script: Script) -> set[str]:
    return {request.headers["Idempotency-Key"] for request in script.asked}


def test_a_call_is_what_its_signature_says(call) -> None:
    script = Script(says(202, ACCEPTED))
    due = datetime(2030, 1, 31, 9, tzinfo=UTC)

    def ask(tidings: Any) -> Any:
        return tidings.notifications.send(
            to={"profile_id": ID}, template="welcome", send_at=due, idempotency_key="order-1"
        )

    assert call(script, ask) == ACCEPTED
    [asked] = script.asked
    assert (asked.method, asked.url.path) == ("POST", "/v1/notifications")
    assert asked.headers["Authorization"] == "Bearer td_key"
    assert asked.headers["Idempotency-Key"] == "order-1"
    assert json.loads(asked.content) == {
        "to": {"profile_id": str(ID)},
        "template": "welcome",
        "send_at": "2030-01-31T09:00:00+00:00",
    }


def test_filters_are_what_the_api_calls_them(call) -> None:
    script = Script(says(200, {"items": [], "next": None}))
    since = datetime(2030, 1, 31, tzinfo=UTC)

    def ask(tidings: Any) -> Any:
        return tidings.notifications.list(from_=since, metadata={"order": "4711"}, status="sent")

    assert call(script, ask) == []
    assert dict(script.asked[0].url.params) == {
        "from": "2030-01-31T00:00:00+00:00",
        "metadata.order": "4711",
        "status": "sent",
    }


def test_what_is_put_into_a_path_stays_one_part_of_it(call) -> None:
    script = Script(busy(404, "not_found"))
    with pytest.raises(NotFound):
        call(script, lambda tidings: tidings.notifications.get("../campaigns?x=1#"))
    assert script.asked[0].url.raw_path == b"/v1/notifications/..%2Fcampaigns%3Fx%3D1%23"


def test_whatever_is_no_answer_is_asked_again_under_one_key(call) -> None:
    script = Script(
        fails(httpx.ConnectError),
        fails(httpx.ReadTimeout),
        fails(httpx.RemoteProtocolError),
        *[busy(status) for status in (429, 500, 502, 503, 504)],
        busy(409, "in_flight"),
        says(202, ACCEPTED),
    )
    assert call(script, send) == ACCEPTED
    assert len(script.asked) == 10
    assert len(keys(script)) == 1
    assert script.told == ["does not answer (ConnectError)"]  # once


def test_two_calls_have_two_keys(call) -> None:
    script = Script(says(202, ACCEPTED))
    call(script, send)
    call(script, send)
    assert len(keys(script)) == 2


def test_a_wait_that_the_api_asks_for_is_kept_or_too_long(call) -> None:
    script = Script(busy(429, Retry_After="1"), says(202, ACCEPTED))
    loop_time = asyncio.new_event_loop().time
    began = loop_time()
    call(script, send, seconds=5)
    assert loop_time() - began >= 1
    with pytest.raises(RateLimited) as caught:
        call(Script(busy(429, Retry_After="30")), send, seconds=5)
    assert caught.value.retry_after_seconds == 30


@pytest.mark.parametrize("answer", [fails(httpx.ReadError), busy(503), busy(500)])
def test_a_move_that_may_have_been_made_is_not_made_twice(call, answer: Answer) -> None:
    script = Script(answer)
    with pytest.raises((Unreachable, Unavailable)) as caught:
        call(script, submit)
    assert len(script.asked) == 1
    if isinstance(caught.value, Unreachable):
        assert caught.value.may_have_arrived


@pytest.mark.parametrize("answer", [fails(httpx.ReadError), busy(503)])
def test_a_cancellation_is_asked_for_again(call, answer: Answer) -> None:
    found = {"status": "cancelled", "stopped": 1, "handed_over": 0, "in_doubt": 0}
    script = Script(answer, says(200, found))
    assert call(script, lambda tidings: tidings.campaigns.cancel(ID)) == found
    assert len(script.asked) == 2


@pytest.mark.parametrize("answer", [fails(httpx.ConnectError), busy(429)])
def test_a_move_that_was_not_made_is_asked_again(call, answer: Answer) -> None:
    script = Script(answer, answer, says(202, {"id": str(ID)}))
    assert call(script, submit) == {"id": str(ID)}
    assert len(script.asked) == 3


def test_patience_ends(call) -> None:
    for answer, error in ((fails(httpx.ConnectError), Unreachable), (busy(503), Unavailable)):
        script = Script(answer)
        with pytest.raises(error):
            call(script, send, seconds=0.05)
        assert len(script.asked) > 3


PROBLEMS = [
    (401, Unauthorized),
    (403, Forbidden),
    (404, NotFound),
    (409, Conflict),
    (413, TooLarge),
    (422, Invalid),
]


@pytest.mark.parametrize(("status", "error"), PROBLEMS)
def test_a_problem_is_an_exception_that_holds_it(call, status: int, error: type) -> None:
    said = {"status": status, "code": "why", "field": "to.email", "limit": 3, "detail": "no"}
    script = Script(says(status, said))
    with pytest.raises(error, match=r"^to\.email: no \(why\)$") as caught:
        call(script, send)
    assert len(script.asked) == 1
    problem = caught.value
    assert (problem.status, problem.code, problem.field) == (status, "why", "to.email")
    assert (problem.limit, problem.detail, problem.body) == (3, "no", said)


@pytest.mark.parametrize(("status", "body"), [(404, {}), (200, []), (302, None), (200, "text")])
def test_another_server_s_answer_is_no_problem_of_ours(call, status: int, body: Any) -> None:
    with pytest.raises(NotTidings, match="is it the address of a Tidings API"):
        call(Script(says(status, body)), send)


def test_pages_follow_each_other_and_end(call) -> None:
    pages = [says(200, {"items": [{"n": n}, {"n": n + 1}], "next": n + 2}) for n in (0, 2)]
    script = Script(*pages, says(200, {"items": [], "next": None}))
    items = call(script, lambda tidings: tidings.campaigns.events(ID, limit=2))
    assert [item["n"] for item in items] == [0, 1, 2, 3]
    assert [dict(asked.url.params) for asked in script.asked] == [
        {"limit": "2"},
        {"limit": "2", "after": "2"},
        {"limit": "2", "after": "4"},
    ]


def test_a_page_is_asked_for_when_it_is_needed() -> None:
    script = Script(says(200, {"items": [{"n": 1}, {"n": 2}], "next": 2}))
    with Tidings("http://api", "key", transport=httpx.MockTransport(script)) as tidings:
        found = tidings.campaigns.events(ID)
        assert not script.asked
        next(found)
        next(found)
        assert len(script.asked) == 1


def batch(request: httpx.Request) -> httpx.Response:
    items = json.loads(request.content)["items"]
    results = [{"index": n, "status": "accepted", "id": str(ID)} for n in range(len(items))]
    return httpx.Response(202, json={"items": results})


def test_a_batch_takes_any_number_and_each_item_has_a_result(call) -> None:
    script = Script(busy(503), batch)
    items = [{"to": {"email": f"p{n}@example.com"}, "template": "welcome"} for n in range(2500)]
    results = call(script, lambda t: t.batches.send(iter(items), idempotency_key="run"))
    assert [result["index"] for result in results] == list(range(2500))
    asked = [request.headers["Idempotency-Key"] for request in script.asked]
    assert asked == ["run-0", "run-0", "run-1", "run-2"]
    sent = [json.loads(request.content)["items"] for request in script.asked[1:]]
    assert [len(each) for each in sent] == [1000, 1000, 500]
    assert [item for each in sent for item in each] == items


def test_a_batch_of_long_items_is_cut_by_its_bytes(call) -> None:
    script = Script(batch)
    items = [{"to": {"sms": "+4915112345678"}, "data": {"text": "x" * 2_000_000}}] * 5
    assert len(call(script, lambda tidings: tidings.batches.send(items))) == 5
    assert [len(json.loads(each.content)["items"]) for each in script.asked] == [4, 1]


def test_people_in_bulk_are_cut_and_their_answers_are_one(call, monkeypatch) -> None:
    monkeypatch.setattr(ndjson, "MOST_LINES", 2)

    def bulk(request: httpx.Request) -> httpx.Response:
        lines = [json.loads(line) for line in request.content.splitlines()]
        bad = [n for n, line in enumerate(lines, 1) if line["external_id"] == "bad"]
        refusals = [{"line": n, "field": "", "reason": "bad", "detail": ""} for n in bad]
        counts = {"lines": len(lines), "created": len(lines) - len(bad), "refused": len(bad)}
        return httpx.Response(200, json={**counts, "refusals": refusals})

    script = Script(busy(503), bulk)
    people = [{"external_id": id} for id in ("1", "2", "3", "bad", "bad")]
    view = call(script, lambda tidings: tidings.profiles.upsert(iter(people)))
    assert (view["lines"], view["created"], view["refused"]) == (5, 3, 2)
    assert [refusal["line"] for refusal in view["refusals"]] == [4, 5]
    assert {each.headers["Content-Type"] for each in script.asked} == {"application/x-ndjson"}
    assert len(script.asked) == 4


def test_what_cannot_be_sent_again_is_not(call) -> None:
    script = Script(fails(httpx.ConnectError))
    with pytest.raises(Unreachable):
        call(script, lambda tidings: tidings.audiences.put(ID, iter([b"to\n"])))
    assert len(script.asked) == 1


def test_it_is_waited_for_until_it_has_ended(call) -> None:
    views = [says(200, {"status": "processing", "ended_at": None})] * 2
    ended = {"status": "sent", "ended_at": "2030-01-31T09:00:00Z"}
    script = Script(*views, says(200, ended))
    assert call(script, lambda tidings: tidings.notifications.wait(ID)) == ended
    with pytest.raises(NotEnded) as caught:
        call(Script(views[0]), lambda tidings: tidings.notifications.wait(ID, timeout=0.15))
    assert caught.value.view["status"] == "processing"


def test_events_are_given_until_the_stream_ends(call) -> None:
    lines = ": ping\r\n\r\nevent: other\ndata: 1\n\nevent: progress\ndata: {\ndata: }\n\n"
    script = Script(busy(503), lambda _: httpx.Response(200, content=lines.encode()))
    assert call(script, lambda tidings: tidings.campaigns.watch(ID)) == [{}]
    assert script.asked[1].headers["Accept"] == "text/event-stream"


class BreaksOff(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Says this much."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    def __iter__(self) -> Iterator[bytes]:
        yield self._said
        raise httpx.ReadError("broke off")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for each in self:
            yield each


def test_a_timeline_that_breaks_off_goes_on_behind_its_last_event(call) -> None:
    first = b'event: timeline\nid: 7-1\ndata: {"n": 1}\n\nevent: timeline\nid: 8-2\ndata: {"n'
    rest = b'event: timeline\nid: 8-2\ndata: {"n": 2}\n\n'
    script = Script(
        lambda _: httpx.Response(200, stream=BreaksOff(first)),
        busy(503),
        lambda _: httpx.Response(200, content=rest),
    )
    assert call(script, lambda tidings: tidings.notifications.events(ID)) == [{"n": 1}, {"n": 2}]
    assert [asked.headers.get("Last-Event-ID") for asked in script.asked] == [None, "7-1", "7-1"]


def test_a_stream_that_cannot_be_resumed_says_that_it_broke_off(call) -> None:
    script = Script(lambda _: httpx.Response(200, stream=BreaksOff(b"")))
    with pytest.raises(Unreachable):
        call(script, lambda tidings: tidings.campaigns.watch(ID))
    assert len(script.asked) == 1


def test_a_stream_of_what_is_not_there_is_a_problem(call) -> None:
    with pytest.raises(NotFound):
        call(Script(busy(404, "not_found")), lambda tidings: tidings.campaigns.watch(ID))


class Store:
    """An API that stores parts; `script` says what becomes of each first."""

    def __init__(self, *script: str) -> None:
        self.script = list(script)
        self.stored = b""
        self.complete = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            body, what = request.read(), self.script.pop(0) if self.script else "whole"
            if int(request.headers["Upload-Offset"]) != len(self.stored):
                return busy(409, "upload_offset")(request)
            if what == "busy":
                return busy(503)(request)
            self.stored += body[: len(body) // 2] if what == "half" else body
            self.complete = what != "half" and request.headers["Upload-Complete"] == "?1"
            if what != "whole":
                raise httpx.ReadError("its answer was lost")
        return httpx.Response(200, json=self.view())

    def view(self) -> dict[str, Any]:
        state = "complete" if self.complete else "receiving"
        return {"id": str(ID), "state": state, "offset": len(self.stored)}


@pytest.mark.parametrize(
    "script", [(), ("half",), ("lost",), ("busy", "half", "lost"), ("whole", "lost")]
)
def test_an_upload_goes_on_where_the_api_is(call, monkeypatch, script: tuple[str, ...]) -> None:
    monkeypatch.setattr(uploading, "PART_BYTES", 40_000)
    monkeypatch.setattr(uploading, "CHUNK_BYTES", 1000)
    content = bytes(n % 251 for n in range(100_000))
    store, told = Store(*script), []

    def ask(tidings: Any) -> Any:
        file = io.BytesIO(content)
        return tidings.audiences.upload(ID, file, told=lambda sent, view: told.append(sent))

    assert call(Script(store), ask)["state"] == "complete"
    assert store.stored == content
    assert told[-1] == len(content)


def test_an_upload_that_nobody_takes_ends(call) -> None:
    def ask(tidings: Any) -> Any:
        return tidings.audiences.upload(ID, io.BytesIO(b"to\n"))

    with pytest.raises(Unavailable):
        call(Script(Store(*["busy"] * 1000)), ask, seconds=0.05)


def test_both_clients_have_the_same() -> None:
    def names(client: Any) -> set[str]:
        return {name for name in dir(client) if not name.startswith("_")}

    one, other = Tidings("http://api", "key"), AsyncTidings("http://api", "key")
    assert names(one) == names(other)
    assert {type(getattr(one, n)) for n in vars(one)} >= {type(one.notifications)}
