"""Audiences as callers meet them: made, uploaded whole or in parts, read, and refused clearly."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

import httpx
import pytest
from api_in_process import Api
from uuid_utils.compat import uuid7

AUDIENCES = "/v1/audiences"
CSV = b"to,name,data.n\n" + b"".join(b"p%d@example.com,P,%d\n" % (n, n) for n in range(50))
PROBLEM = "application/problem+json"

Make = Callable[..., Awaitable[str]]


@pytest.fixture
def make(api: Api) -> Make:
    """A new audience's path."""

    async def make(**changes: Any) -> str:
        answer = await api.http.post(
            AUDIENCES, json={"channel": "email", "format": "csv", **changes}
        )
        assert answer.status_code == 201, answer.text
        return f"{AUDIENCES}/{answer.json()['id']}"

    return make


async def put(api: Api, path: str, content: Any, offset: int = 0, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.http.put(
        f"{path}/content", content=content, headers={"Upload-Offset": str(offset), **named}
    )


async def view(api: Api, path: str) -> dict[str, Any]:
    return (await api.http.get(path)).json()


def check(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """It is a problem as promised, and quotes no address."""
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == PROBLEM
    assert "@" not in answer.text.replace("name@example.com", "")
    return problem


async def test_an_upload_in_one_go(api: Api, make: Make) -> None:
    path = await make(name="people")

    answer = await put(api, path, CSV + b"bob,B,1\n")

    assert answer.status_code == 200
    found = answer.json()
    assert found == await view(api, path)
    assert (found["state"], found["rows"], found["refused"]) == ("complete", 50, 1)
    assert (found["name"], found["kind"], found["lines"]) == ("people", "upload", 52)
    assert found["reasons"] == {"email_invalid": 1}
    assert found["completed_at"]


async def test_an_upload_of_ndjson_without_a_last_line_feed(api: Api, make: Make) -> None:
    path = await make(channel="telegram", format="ndjson")

    found = (await put(api, path, b'{"to": 123456789}\n{"to": "@tidings", "id": 7}')).json()

    people = (await api.http.get(f"{path}/sample", params={"size": 5})).json()["people"]
    assert (found["state"], found["rows"]) == ("complete", 2)
    assert [(p["line"], p["to"], p["id"]) for p in people] == [
        (1, "123456789", ""),
        (2, "@tidings", "7"),
    ]


async def test_an_upload_in_parts_that_end_anywhere(api: Api, make: Make) -> None:
    path = await make()
    offset = 0
    for end in (3, 100, 101, 500):
        answer = await put(api, path, CSV[offset:end], offset, Upload_Complete="?0")
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "receiving"
        offset = answer.json()["offset"]
        assert CSV[:offset].endswith(b"\n") or offset == 0

    last = (await put(api, path, CSV[offset:-1], offset)).json()

    assert (last["state"], last["rows"], last["offset"]) == ("complete", 50, len(CSV) - 1)


async def test_an_empty_part_completes_what_is_stored(api: Api, make: Make) -> None:
    path = await make()
    stored = (await put(api, path, CSV, Upload_Complete="?0")).json()

    assert (await put(api, path, b"", stored["offset"])).json()["state"] == "complete"


async def test_rows_are_stored_while_they_arrive(api: Api, make: Make, until) -> None:
    path = await make()
    more = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"to\n" + b"".join(b"p%d@example.com\n" % n for n in range(40_000))
        await more.wait()
        yield b"last@example.com\n"

    upload = asyncio.create_task(put(api, path, body()))
    await until(lambda: rows_of(api, path))
    second = await put(api, path, CSV)
    more.set()

    check(second, 409, "in_flight")
    assert second.headers["retry-after"]
    assert (await upload).json()["rows"] == 40_001


async def rows_of(api: Api, path: str) -> int:
    return (await view(api, path))["rows"]


@pytest.mark.parametrize("offset", [1, 100, 2**30])
async def test_a_wrong_offset_is_told_the_right_one(api: Api, make: Make, offset: int) -> None:
    path = await make()
    stored = (await put(api, path, CSV, Upload_Complete="?0")).json()["offset"]

    problem = check(await put(api, path, b"x@example.com\n", offset), 409, "upload_offset")

    assert (problem["field"], problem["limit"]) == ("Upload-Offset", stored)
    assert (await view(api, path))["rows"] == 50


async def test_a_complete_one_takes_no_more(api: Api, make: Make) -> None:
    path = await make()
    offset = (await put(api, path, CSV)).json()["offset"]

    for at in (0, offset):
        check(await put(api, path, CSV, at), 409, "audience_complete")

    assert (await view(api, path))["rows"] == 50


WHOLE: list[tuple[str, bytes, int, str]] = [
    ("csv", b"", 422, "empty"),
    ("csv", b"\n\n", 422, "empty"),
    ("csv", b"to,name\n", 422, "empty"),
    ("ndjson", b"", 422, "empty"),
    ("csv", b"to,nmae\n" + CSV, 422, "unknown_column"),
    ("csv", b"to,name,NAME\n" + CSV, 422, "column_twice"),
    ("csv", b"name,id\n" + CSV, 422, "to_missing"),
    ("csv", CSV.partition(b"\n")[2], 422, "no_header"),
    ("csv", CSV.replace(b"\n", b"\r"), 422, "old_mac_line_ends"),
    ("csv", CSV.decode().encode("utf-16"), 415, "not_text"),
    ("csv", gzip.compress(CSV), 415, "not_text"),
    ("csv", b"PK\x03\x04" + bytes(100), 415, "not_text"),
    ("csv", b"to" + b"x" * 10_000_000, 422, "line_too_long"),
    ("ndjson", b'[{"to": "ada@example.com"}]', 422, "json_array"),
]


@pytest.mark.parametrize(("format", "content", "status", "code"), WHOLE)
async def test_what_is_no_audience_is_refused_as_a_whole(
    api: Api, make: Make, format: str, content: bytes, status: int, code: str
) -> None:
    path = await make(format=format)

    problem = check(await put(api, path, content), status, code)

    assert problem["detail"]
    found = await view(api, path)
    assert (found["state"], found["offset"], found["rows"]) == ("receiving", 0, 0)
    if format == "csv":
        assert (await put(api, path, CSV)).json()["rows"] == 50


async def test_bad_rows_are_refused_by_their_lines_and_hold_up_no_other(
    api: Api, make: Make
) -> None:
    path = await make()
    lines = CSV.splitlines()
    lines[2:2] = [
        b"ada,Ada,1",
        b"ada@example.com,Ada",
        b"ada@example.com,\xff,1",
        b"x" * 10_000_000,
        b'"ada@example.com,Ada,1',
        b",Ada,1",
    ]

    found = (await put(api, path, b"\n".join(lines))).json()
    page = (await api.http.get(f"{path}/refusals", params={"limit": 4})).json()
    rest = (await api.http.get(f"{path}/refusals", params={"after": page["next"]})).json()

    assert (found["rows"], found["refused"]) == (50, 6)
    refusals = [*page["refusals"], *rest["refusals"]]
    assert [(r["line"], r["field"], r["reason"]) for r in refusals] == [
        (3, "to", "email_invalid"),
        (4, "", "bad_csv"),
        (5, "", "not_utf8"),
        (6, "", "line_too_long"),
        (7, "", "bad_csv"),
        (8, "to", "to_missing"),
    ]
    assert (page["next"], rest["next"]) == (6, None)
    assert found["reasons"] == {
        "bad_csv": 2,
        "email_invalid": 1,
        "not_utf8": 1,
        "line_too_long": 1,
        "to_missing": 1,
    }


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [("rows", 999_990, "too_many_rows"), ("received_bytes", 2**30 - 300, "too_many_bytes")],
)
async def test_beyond_the_limits_nothing_is_kept_but_what_came_before(
    api: Api, make: Make, column: str, value: int, code: str
) -> None:
    path = await make()
    await put(api, path, CSV[:200], Upload_Complete="?0")
    sql = f"UPDATE audience SET {column} = $1 WHERE id = $2 RETURNING received_bytes, rows"
    before = await api.database.fetchrow(sql, value, path.rpartition("/")[2])

    async def body() -> AsyncIterator[bytes]:  # without a length that is known before
        yield CSV[CSV.index(b"\n") + 1 :]

    answer = await put(api, path, body(), before["received_bytes"])

    problem = check(answer, 413, code)
    assert problem["limit"] == (1_000_000 if column == "rows" else 2**30)
    found = await view(api, path)
    assert found["state"] == "receiving"
    assert before["rows"] < found["rows"] <= 1_000_000
    assert found["rows"] == 1_000_000 or found["offset"] > 2**30 - 30
    assert (await put(api, path, b"", found["offset"])).json()["state"] == "complete"


async def test_blank_lines_without_end_are_refused(api: Api, make: Make) -> None:
    path = await make()
    await put(api, path, CSV[:200], Upload_Complete="?0")
    sql = "UPDATE audience SET lines = 1999990 WHERE id = $1 RETURNING received_bytes"
    offset = await api.database.fetchval(sql, path.rpartition("/")[2])

    answer = await put(api, path, b"\n" * 40, offset)

    assert check(answer, 413, "too_many_lines")["limit"] == 2_000_000
    assert (await view(api, path))["state"] == "receiving"


async def test_a_length_beyond_the_limit_is_refused_before_it_is_read(api: Api, make: Make) -> None:
    answer = await put(api, await make(), CSV, Content_Length=str(2**30 + 1))

    check(answer, 413, "too_many_bytes")


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("Upload-Offset", "x", 422),
        ("Upload-Offset", "-1", 422),
        ("Upload-Offset", str(2**63), 422),
        ("Upload-Complete", "true", 422),
        ("Content-Encoding", "gzip", 415),
    ],
)
async def test_wrong_headers_are_named(
    api: Api, make: Make, name: str, value: str, status: int
) -> None:
    path = await make()

    answer = await api.http.put(f"{path}/content", content=CSV, headers={name: value})

    assert (answer.status_code, answer.json()["field"]) == (status, name)
    assert (await view(api, path))["offset"] == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channel": "fax"}, "channel"),
        ({"format": "xlsx"}, "format"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"rows": 1}, "rows"),
    ],
)
async def test_a_wrong_body_is_named(api: Api, changes: dict[str, Any], field: str) -> None:
    body = {"channel": "email", "format": "csv", **changes}

    answer = await api.http.post(AUDIENCES, json=body)

    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_the_same_key_makes_one(api: Api) -> None:
    body, headers = {"channel": "email", "format": "csv"}, {"Idempotency-Key": "spring"}

    first = await api.http.post(AUDIENCES, json=body, headers=headers)
    again = await api.http.post(AUDIENCES, json=body, headers=headers)

    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"


def calls(path: str) -> Iterable[tuple[str, str]]:
    return [
        ("GET", path),
        ("GET", f"{path}/refusals"),
        ("GET", f"{path}/sample"),
        ("PUT", f"{path}/content"),
    ]


async def test_other_applications_have_no_such_audience(api: Api, make: Make) -> None:
    path = await make()
    other = {"Authorization": f"Bearer {await api.new_key(application='another')}"}
    for method, url in [*calls(path), *calls(f"{AUDIENCES}/{uuid7()}")]:
        headers = other if path in url else {}
        content = CSV if method == "PUT" else None
        answer = await api.http.request(method, url, content=content, headers=headers)
        check(answer, 404, "not_found")
    assert (await view(api, path))["rows"] == 0


async def test_each_operation_needs_its_scope_and_reads_no_body_before(
    api: Api, make: Make
) -> None:
    path = await make()
    reading = {"Authorization": f"Bearer {await api.new_key('campaigns:read')}"}
    writing = {"Authorization": f"Bearer {await api.new_key('campaigns:write')}"}
    read = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read = True
        yield CSV

    for headers, status in ((reading, 403), ({"Authorization": "Bearer x"}, 401)):
        answer = await api.http.put(f"{path}/content", content=body(), headers=headers)
        assert answer.status_code == status
    assert not read
    new = {"channel": "email", "format": "csv"}
    assert (await api.http.post(AUDIENCES, json=new, headers=reading)).status_code == 403
    for _, url in list(calls(path))[:3]:
        assert (await api.http.get(url, headers=writing)).status_code == 403
        assert (await api.http.get(url, headers=reading)).status_code == 200


@pytest.mark.parametrize(
    "query", ["refusals?limit=0", "refusals?limit=1001", "refusals?after=-1", "sample?size=101"]
)
async def test_pages_have_limits(api: Api, make: Make, query: str) -> None:
    assert (await api.http.get(f"{await make()}/{query}")).status_code == 422
