"""Profiles in bulk: a bad line is refused by itself, whatever it is; the same again is harmless."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from people_in_api import NDJSON, PROFILES, People, email, lines
from starlette.requests import ClientDisconnect
from uuid_utils.compat import uuid7

ADA = {"external_id": "ada", "name": "Ada", "contacts": [email("ada@example.org")]}


@pytest.fixture
async def people(api) -> People:
    """Of an application of the test's own."""
    return People(api, await api.new_key(application=f"bulk-{uuid7()}"))


def summary(done: dict[str, Any]) -> tuple[int, int, int, int]:
    return done["created"], done["updated"], done["unchanged"], done["refused"]


async def test_lines_make_change_and_leave(people) -> None:
    assert summary(await people.upsert(lines(ADA, {"external_id": "bob"}))) == (2, 0, 0, 0)
    before = await people.see("ext:ada")

    assert summary(await people.upsert(lines(ADA, {"external_id": "bob"}))) == (0, 0, 2, 0)
    assert await people.see("ext:ada") == before
    more = {"external_id": "ada", "locale": "en_GB", "metadata": {"a": "1"}}
    assert summary(await people.upsert(lines(more))) == (0, 1, 0, 0)

    ada = await people.see("ext:ada")
    assert (ada["name"], ada["locale"], ada["metadata"]) == ("Ada", "en-GB", {"a": "1"})
    assert ada["contacts"] == before["contacts"]
    assert ada["revision"] == 2


async def test_contacts_that_are_named_are_all_there_are(people) -> None:
    await people.upsert(lines(ADA))
    first = (await people.see("ext:ada"))["contacts"][0]
    two = [email("new@example.org"), email("ada@EXAMPLE.org")]

    await people.upsert(lines({"external_id": "ada", "contacts": two}))
    contacts = (await people.see("ext:ada"))["contacts"]
    assert [(c["address"], c["rank"]) for c in contacts] == [
        ("new@example.org", 0),
        ("ada@example.org", 1),
    ]
    assert contacts[1]["id"] == first["id"]

    await people.upsert(lines({"external_id": "ada", "contacts": None}))
    assert len((await people.see("ext:ada"))["contacts"]) == 2
    await people.upsert(lines({"external_id": "ada", "contacts": []}))
    assert (await people.see("ext:ada"))["contacts"] == []


async def test_a_later_line_of_the_same_one_says_more(people) -> None:
    said = [ADA, {"external_id": "ada", "name": "Ada King"}, {"external_id": "ada", "locale": "en"}]

    assert summary(await people.upsert(lines(*said))) == (1, 0, 2, 0)

    ada = await people.see("ext:ada")
    assert (ada["name"], ada["locale"], len(ada["contacts"])) == ("Ada King", "en", 1)


BAD: list[tuple[bytes, str, str]] = [
    (b"{", "", "bad_json"),
    (b'"ada"', "", "bad_json"),
    (b"[]", "", "bad_json"),
    (b"\xff", "", "not_utf8"),
    (b'{"name": "Ada"}', "external_id", "external_id_missing"),
    (b'{"external_id": ""}', "external_id", "external_id_missing"),
    (b'{"external_id": true}', "external_id", "not_a_text"),
    (b'{"external_id": "\\u0000"}', "external_id", "nul"),
    (orjson.dumps({"external_id": "x" * 201}), "external_id", "too_long"),
    (b'{"external_id": "x", "colour": 1}', "colour", "unknown_field"),
    (b'{"external_id": "x", "name": "a\\nb"}', "name", "not_one_line"),
    (b'{"external_id": "x", "time_zone": "Mars"}', "time_zone", "unknown_time_zone"),
    (b'{"external_id": "x", "metadata": {"a": 1}}', "metadata", "not_a_text"),
    (b'{"external_id": "x", "metadata": []}', "metadata", "not_an_object"),
    (b'{"external_id": "x", "contacts": {}}', "contacts", "not_a_list"),
    (b'{"external_id": "x", "contacts": [1]}', "contacts.0", "not_an_object"),
    (lines({"external_id": "x", "contacts": [email("x")]}), "contacts.0.address", "email_invalid"),
    (
        lines({"external_id": "x", "contacts": [email("a@example.org"), email("a@EXAMPLE.org")]}),
        "contacts.1.address",
        "contact_twice",
    ),
    (
        lines({"external_id": "x", "contacts": [{"channel": "fax", "address": "1"}]}),
        "contacts.0.channel",
        "unknown_channel",
    ),
    (
        lines({"external_id": "x", "contacts": [email("a@example.org", rank=1.5)]}),
        "contacts.0.rank",
        "rank_invalid",
    ),
    (b'{"external_id": "' + b"x" * 10_000_000 + b'"}', "", "line_too_long"),
]


@pytest.mark.parametrize(("bad", "field", "reason"), BAD, ids=[reason for _, _, reason in BAD])
async def test_a_bad_line_holds_up_no_others(people, bad, field, reason) -> None:
    content = lines({"external_id": "1"}) + b"\n" + bad.rstrip() + b"\n" + lines(ADA)

    done = await people.upsert(content)

    assert (done["lines"], *summary(done)) == (3, 2, 0, 0, 1)
    (refusal,) = done["refusals"]
    assert (refusal["line"], refusal["field"], refusal["reason"]) == (3, field, reason)
    assert "example.org" not in refusal["detail"]
    assert (await people.see("ext:ada"))["name"] == "Ada"


async def test_lines_arrive_in_any_pieces(people) -> None:
    content = lines(*({"external_id": f"p{n}", "name": "é" * 50} for n in range(2000))) + b"{"

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 7919):
            yield content[start : start + 7919]

    done = await people.upsert(pieces())

    assert summary(done) == (2000, 0, 0, 1)
    assert done["refusals"][0]["line"] == 2001


async def test_broken_off_half_way_what_was_stored_is_kept(people, api, until) -> None:
    said = [{"external_id": f"p{n:04}", "contacts": [email(f"p{n}@example.org")]}
            for n in range(3000)]  # fmt: skip
    content = lines(*said)
    gone = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield content[: len(content) // 2]
        await gone.wait()
        raise ClientDisconnect

    upload = asyncio.create_task(people.upsert(half(), 400))

    async def stored() -> bool:
        return (await people.ask("GET", f"{PROFILES}/ext:p1000")).status_code == 200

    await until(stored)
    gone.set()
    assert (await upload)["code"] == "cut_off"

    done = await people.upsert(content)
    assert done["created"] + done["unchanged"] == 3000
    assert done["unchanged"] > 1000
    assert summary(await people.upsert(content)) == (0, 0, 3000, 0)


async def test_two_uploads_of_the_same_people_at_once(people, at_once) -> None:
    said = [{"external_id": f"p{n}", "contacts": [email(f"p{n}@example.org")]} for n in range(3000)]
    orders = [said, said[::-1]]

    done = await at_once(2, lambda n: people.upsert(lines(*orders[n])))

    assert sum(each["created"] for each in done) == 3000
    assert sum(each["unchanged"] for each in done) == 3000


async def test_more_lines_than_a_call_may_have(people) -> None:
    problem = await people.upsert(lines(ADA) + b"x\n" * 100_000, 413)

    assert (problem["code"], problem["limit"]) == ("too_many_lines", 100_000)
    assert (await people.see("ext:ada"))["revision"] == 1


async def test_more_blank_lines_than_a_call_may_have(people) -> None:
    problem = await people.upsert(lines(ADA) + b"\n" * 300_000, 413)

    assert (problem["code"], problem["limit"]) == ("too_many_lines", 200_000)


async def test_all_refusals_are_counted_and_the_first_are_shown(people) -> None:
    done = await people.upsert(b"x\n" * 10_001)

    assert (done["lines"], done["refused"], len(done["refusals"])) == (10_001, 10_001, 10_000)
    assert done["refusals"][-1]["line"] == 10_000


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (lines(ADA), {"Content-Type": "text/csv"}, 415, "unsupported_media_type"),
        (lines(ADA), {**NDJSON, "Content-Encoding": "gzip"}, 415, "unsupported_media_type"),
        (b"\x1f\x8b" + bytes(100), NDJSON, 415, "not_text"),
        (b'[{"external_id": "ada"}]', NDJSON, 422, "json_array"),
    ],
)
async def test_what_is_no_ndjson_is_refused_as_a_whole(
    people, content, headers, status, code
) -> None:
    answer = await people.ask("POST", f"{PROFILES}/bulk", content=content, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_nothing_is_nothing(people) -> None:
    assert summary(await people.upsert(b"")) == (0, 0, 0, 0)
    assert (await people.upsert(b"\n\n"))["lines"] == 0
