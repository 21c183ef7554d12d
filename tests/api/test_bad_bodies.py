"""Bodies that are no JSON, too long, too deep, or hold what cannot be stored."""

import json

import pytest

URL = "/v1/notifications"


def deep(levels: int) -> bytes:
    return b'{"data":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


UNREADABLE = {
    "cut off": b'{"to":',
    "empty": b"",
    "two values": b"{} {}",
    "not UTF-8": b'{"to":"\xff"}',
    "UTF-16": '{"to":{}}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NaN": b'{"data":{"name":NaN}}',
    "Infinity": b'{"data":{"name":-Infinity}}',
    "a number beyond doubles": b'{"data":{"name":1e999}}',
    "five thousand digits": b'{"data":{"name":' + b"9" * 5000 + b"}}",
    "a lone surrogate": rb'{"data":{"name":"\ud800"}}',
    "a lone surrogate in a name": rb'{"\udc00":1}',
    "a raw NUL": b'{"data":{"name":"\x00"}}',
    "a raw line break": b'{"data":{"name":"\n"}}',
    "single quotes": b"{'to': 1}",
    "a trailing comma": b'{"to":1,}',
}


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE)
async def test_what_is_no_json_is_a_400_with_its_place(api, refused, raw) -> None:
    answer = await api.http.post(URL, content=raw, headers={"Content-Type": "application/json"})

    problem = await refused(answer, 400, "bad_json", "body")
    assert "line 1" in problem["detail"]


@pytest.mark.parametrize(
    "raw",
    [deep(33), deep(1000), b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000],
    ids=["33 levels", "1,000 levels", "brackets", "braces", "closed brackets"],
)
async def test_what_is_too_deep_is_refused_with_the_limit(api, refused, raw) -> None:
    answer = await api.http.post(URL, content=raw, headers={"Content-Type": "application/json"})

    assert (await refused(answer, 422, "json_too_deep", "body"))["limit"] == 32


async def test_thirty_two_levels_are_read(api, refused) -> None:
    answer = await api.http.post(
        URL, content=deep(32), headers={"Content-Type": "application/json"}
    )

    await refused(answer, 422, "missing", "to")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"data": {"name": "a\0"}}, "data.name"),
        ({"data": {"na\0me": "a"}}, "data"),
        ({"data": {"lines": [{"id": "a"}, {"id": "\0"}]}}, "data.lines.1.id"),
        ({"metadata": {"order": "\0"}}, "metadata.order"),
        ({"to": {"email": "a\0@example.com"}}, "to.email"),
        ({"to": {"external_id": "\0"}}, "to.external_id"),
        ({"template": "wel\0come"}, "template"),
        ({"\0": 1}, "body"),
    ],
)
async def test_nul_is_refused_wherever_it_is(api, body, refused, changes, field) -> None:
    await refused(await api.send(body(**changes)), 422, "nul", field)


@pytest.mark.parametrize("name", ["Ada\nLovelace", "Ada\x7f", "Ada\u2028"])
async def test_a_name_of_several_lines_is_refused_in_words(api, body, refused, name) -> None:
    answer = await api.send(body(to={"email": "ada@example.com", "name": name}))
    problem = await refused(answer, 422, "invalid", "to.name")
    assert problem["detail"] == "line breaks or control characters in it"


@pytest.mark.parametrize("number", [2**64, -(2**64), 10**40])
async def test_an_integer_that_would_lose_digits_is_refused(api, body, refused, number) -> None:
    raw = json.dumps(body(data={"name": number}))

    answer = await api.http.post(URL, content=raw, headers={"Content-Type": "application/json"})

    await refused(answer, 422, "number_too_large", "data.name")


@pytest.mark.parametrize(
    ("value", "code"),
    [("a\0", "nul"), (2**64, "number_too_large"), (-(10**40), "number_too_large")],
)
async def test_an_item_that_cannot_be_stored_holds_up_no_other(api, body, value, code) -> None:
    answer = (await api.batch([body(), body(data={"name": value}), body()])).json()

    assert [item["status"] for item in answer["items"]] == ["accepted", "refused", "accepted"]
    problem = answer["items"][1]["problem"]
    assert (problem["status"], problem["code"], problem["field"]) == (422, code, "data.name")


async def test_another_bad_item_is_another_body(api, body) -> None:
    async def send(*values: object):
        items = [body(data={"name": value}) for value in values]
        return await api.batch(items, Idempotency_Key="bad-items")

    assert (await send("Ada", "a\0")).json()["refused"] == 1
    assert "idempotency-replayed" in (await send("Ada", "a\0")).headers
    for other in ("b\0", 2**64):
        answer = await send("Ada", other)
        assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"data": {"lines": list(range(1001))}}, "data.lines"),
        ({"data": {"lines": [{"parts": [0] * 1001}]}}, "data.lines.0.parts"),
        ({"metadata": {str(n): "" for n in range(1001)}}, "metadata"),
    ],
)
async def test_a_list_or_an_object_has_at_most_a_thousand_entries(
    api, body, refused, changes, field
) -> None:
    problem = await refused(await api.send(body(**changes)), 422, "too_many", field)

    assert problem["limit"] == 1000


async def test_a_batch_of_millions_of_values_is_refused_before_it_is_checked(api, refused) -> None:
    raw = b'{"items":[' + b"{}," * 3_000_000 + b"{}]}"

    answer = await api.http.post(
        URL + "/batch", content=raw, headers={"Content-Type": "application/json"}
    )

    assert (await refused(answer, 422, "too_many", "body"))["limit"] == 200_000


@pytest.mark.parametrize("path", [URL, URL + "/batch"])
async def test_without_a_key_no_body_is_read(api, refused, path) -> None:
    async def unread():
        raise AssertionError("read for a stranger")
        yield b""

    headers = {"Authorization": "Bearer td_nobody", "Content-Type": "application/json"}
    answer = await api.http.post(path, content=unread(), headers=headers)

    await refused(answer, 401, "unauthorized", "Authorization")


async def test_bad_utf_8_is_named_by_its_place(api, refused) -> None:
    raw = '{"to":\n {"name": "Jürgen"}}'.encode("latin-1")

    answer = await api.http.post(URL, content=raw, headers={"Content-Type": "application/json"})

    problem = await refused(answer, 400, "bad_json", "body")
    assert problem["detail"] == "not UTF-8: line 2, column 13"


async def test_a_compressed_body_is_a_415(api, body, refused) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    answer = await api.http.post(URL, content=json.dumps(body()), headers=headers)

    problem = await refused(answer, 415, "unsupported_media_type", "Content-Encoding")
    assert problem["limit"] == "identity"


async def test_digits_in_a_string_are_nobodys_number(api, body) -> None:
    answer = await api.send(body(data={"name": "1" * 40}))

    assert answer.status_code == 202


@pytest.mark.parametrize(("path", "limit"), [(URL, 1_000_000), (URL + "/batch", 10_000_000)])
async def test_a_body_over_its_limit_is_a_413(api, refused, path, limit) -> None:
    raw = b'{"items":"' + b"a" * limit + b'"}'

    answer = await api.http.post(path, content=raw, headers={"Content-Type": "application/json"})

    assert (await refused(answer, 413, "body_too_large", "body"))["limit"] == limit


async def test_an_endless_body_is_read_no_further_than_its_limit(api, refused) -> None:
    read = 0

    async def endless():
        nonlocal read
        while True:
            read += 100_000
            yield b" " * 100_000

    answer = await api.http.post(
        URL, content=endless(), headers={"Content-Type": "application/json"}
    )

    await refused(answer, 413, "body_too_large", "body")
    assert read <= 1_200_000


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", "json"])
async def test_another_content_type_is_a_415(api, body, refused, kind) -> None:
    answer = await api.http.post(URL, content=json.dumps(body()), headers={"Content-Type": kind})

    problem = await refused(answer, 415, "unsupported_media_type", "Content-Type")
    assert problem["limit"] == "application/json"


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
async def test_json_may_say_so_in_its_ways(api, body, kind) -> None:
    answer = await api.http.post(URL, content=json.dumps(body()), headers={"Content-Type": kind})

    assert answer.status_code == 202


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"a"', b"null", b"true"])
async def test_a_body_that_is_no_object_is_refused(api, refused, raw) -> None:
    answer = await api.http.post(URL, content=raw, headers={"Content-Type": "application/json"})

    await refused(answer, 422, "invalid", "body")


async def test_a_caller_that_leaves_in_mid_body_is_no_error_of_ours(api, capfd) -> None:
    messages = iter(
        [
            {"type": "http.request", "body": b'{"to":', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return next(messages)

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": URL,
        "query_string": b"",
        "headers": [
            (b"content-type", b"application/json"),
            (b"authorization", api.http.headers["Authorization"].encode()),
        ],
    }
    await api.http._transport.app(scope, receive, send)

    assert sent[0]["status"] == 400
    assert "unexpected" not in capfd.readouterr().err
