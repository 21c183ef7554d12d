"""Audiences as rows: an upload is stored piece by piece, by one uploader, and stays as it is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from models.audience_header import of_kept
from models.errors import Conflict, InFlight, Invalid, NotFound
from models.person_fields import Refusal
from models.repositories import audiences
from models.repositories.audiences import NewAudience
from models.sessions import Session, Sessions
from models.upload_lines import Order, Parsed, Position, parse

CSV = b"to,name,data.n\n" + b"".join(b"p%d@example.com,P,%d\n" % (n, n) for n in range(20))


@dataclass(frozen=True)
class Receiving:
    """An audience that is uploaded."""

    sessions: Sessions
    application_id: UUID
    id: UUID

    async def run(self, call: Callable[..., Awaitable[Any]], *values: Any) -> Any:
        async with self.sessions.begin() as session:
            return await call(session, *values)

    async def get(self) -> audiences.Row:
        return await self.run(audiences.get, self.application_id, self.id)

    async def upload(self, piece: bytes, *, last: bool = True) -> audiences.Row:
        """Go on from what is stored, as another process would."""
        row = await self.get()
        position = Position(row["received_bytes"], row["lines"], of_kept(row["header"]))
        order = Order("csv", rows=1000, refusals=1000)
        parsed = parse(order, position, piece, last=last)
        await self.run(audiences.store, self.id, position.offset, parsed, "ada")
        return await self.get()


async def _application(session: Session) -> UUID:
    id = uuid7()
    made = text("INSERT INTO application (id, name) VALUES (:id, :name)")
    await session.execute(made, {"id": id, "name": str(id)})
    return id


@pytest.fixture
async def receiving(sessions: Sessions) -> Receiving:
    async with sessions.begin() as session:
        application_id, id = await _application(session), uuid7()
        new = NewAudience(id, application_id, "email", "csv", "people", "grace")
        await audiences.create(session, new)
    return Receiving(sessions, application_id, id)


async def test_a_new_one_is_receiving_and_empty(receiving: Receiving) -> None:
    row = await receiving.get()

    assert (row["state"], row["kind"], row["name"]) == ("receiving", "upload", "people")
    assert (row["rows"], row["refused"], row["received_bytes"], row["reasons"]) == (0, 0, 0, None)


async def test_pieces_go_on_from_what_is_stored(receiving: Receiving) -> None:
    first = await receiving.upload(CSV[:100], last=False)
    offset = first["received_bytes"]
    assert CSV[:offset].endswith(b"\n")

    whole = await receiving.upload(CSV[offset:] + b"bad,B,1")

    assert (whole["rows"], whole["refused"], whole["lines"]) == (20, 1, 22)
    assert whole["received_bytes"] == len(CSV) + len(b"bad,B,1")
    assert whole["reasons"] == {"email_invalid": 1}
    rows = await receiving.run(audiences.sample, receiving.id, 100)
    assert [row["line"] for row in rows] == list(range(2, 22))
    assert rows[3]["data"] == {"n": "3"}


async def test_whoever_is_second_writes_nothing(receiving: Receiving) -> None:
    order = Order("csv", rows=1000, refusals=1000)
    parsed = parse(order, Position(), CSV, last=True)
    await receiving.run(audiences.store, receiving.id, 0, parsed, "ada")

    with pytest.raises(InFlight):
        await receiving.run(audiences.store, receiving.id, 0, parsed, "ada")

    assert (await receiving.get())["rows"] == 20


async def test_a_complete_one_never_changes(receiving: Receiving) -> None:
    row = await receiving.upload(CSV)
    offset = row["received_bytes"]
    await receiving.run(audiences.complete, receiving.id, offset)

    parsed = Parsed(Position(offset, 99))
    with pytest.raises(InFlight):
        await receiving.run(audiences.store, receiving.id, offset, parsed, "ada")
    with pytest.raises(Conflict, match="complete"):
        audiences.check_upload(await receiving.get(), offset)
    assert (await receiving.get())["completed_at"]


async def test_an_empty_one_is_never_complete(receiving: Receiving) -> None:
    with pytest.raises(Invalid):
        await receiving.run(audiences.complete, receiving.id, 0)

    assert (await receiving.get())["state"] == "receiving"


async def test_another_offset_is_told_the_right_one(receiving: Receiving) -> None:
    await receiving.upload(CSV)

    with pytest.raises(Conflict) as conflict:
        audiences.check_upload(await receiving.get(), 7)

    assert (conflict.value.reason, conflict.value.limit) == ("upload_offset", len(CSV))


async def test_other_applications_have_no_such_audience(receiving: Receiving) -> None:
    with pytest.raises(NotFound):
        await receiving.run(audiences.get, uuid7(), receiving.id)


async def test_all_refusals_are_counted_and_ten_thousand_kept(receiving: Receiving) -> None:
    for start in (0, 6_000):
        refusals = [Refusal(start + n + 1, "to", "to_missing", "x") for n in range(6_000)]
        parsed = Parsed(Position(start + 6_000, start + 6_000), refusals=refusals, refused=6_000)
        await receiving.run(audiences.store, receiving.id, start, parsed, "ada")

    row = await receiving.get()
    assert (row["refused"], row["reasons"]) == (12_000, {"to_missing": 10_000})
    page = await receiving.run(audiences.refusals, receiving.id, 9_998, 50)
    assert [refusal["line"] for refusal in page] == [9_999, 10_000]


async def test_a_sample_is_spread_over_the_whole(receiving: Receiving) -> None:
    await receiving.upload(CSV)

    rows = await receiving.run(audiences.sample, receiving.id, 4)

    assert [row["line"] for row in rows] == [2, 6, 11, 16]


async def test_inline_ones_are_complete_at_once(receiving: Receiving) -> None:
    people = [{"to": "ADA@example.com", "id": "", "data": {"n": 1}}, {"to": "bob@EXAMPLE.com"}]

    id = await receiving.run(audiences.inline, receiving.application_id, "email", people, "grace")

    row = await receiving.run(audiences.get, receiving.application_id, id)
    assert (row["kind"], row["state"], row["rows"]) == ("inline", "complete", 2)
    rows = await receiving.run(audiences.sample, id, 9)
    assert [(r["line"], r["address"], r["data"]) for r in rows] == [
        (1, "ADA@example.com", {"n": 1}),
        (2, "bob@example.com", {}),
    ]


async def test_an_inline_one_names_who_cannot_be_in_it(receiving: Receiving) -> None:
    people = [{"to": "ada@example.com"}, {"to": "bob"}]

    with pytest.raises(Invalid) as refusal:
        await receiving.run(audiences.inline, receiving.application_id, "email", people, "grace")

    assert (refusal.value.field, refusal.value.reason) == ("recipients.1.to", "email_invalid")
