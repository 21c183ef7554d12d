import asyncio
import resource
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.sandbox.effects import BODY_BYTES, Effect, sealed
from deploy.local.sandbox.journal import Journal, read


def effect(to: str = "+4915112345678", **more: str) -> Effect:
    return Effect(vendor="twilio", account="AC1", to=to, vendor_id="SM1", **more)


async def test_an_effect_is_in_the_file_when_append_returns(tmp_path: Path) -> None:
    journal = Journal(tmp_path)

    async def append(i: int) -> None:
        await journal.append([effect(f"+49{i:010}")])
        assert f"+49{i:010}" in {line.to for line in read(journal.path)}

    await asyncio.gather(*(append(i) for i in range(40)))
    await journal.close()

    assert [line.n for line in read(journal.path)] == list(range(1, 41))


async def test_a_torn_last_line_is_cut_off_and_numbers_go_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.append([effect("+491"), effect("+492")])
    await journal.close()
    with journal.path.open("ab") as file:
        file.write(b'{"n":3,"at":1.0,"vendor":"twi')
    assert len(list(read(journal.path))) == 2

    again = Journal(tmp_path)
    await again.append([effect("+493")])
    await again.close()

    assert [(line.n, line.to) for line in read(again.path)] == [
        (1, "+491"),
        (2, "+492"),
        (3, "+493"),
    ]


def test_a_damaged_line_in_the_middle_is_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    path.write_bytes(b"\x00\x00\n" + orjson.dumps(effect()) + b"\n")
    with pytest.raises(orjson.JSONDecodeError):
        list(read(path))


async def test_a_second_process_may_not_write_to_the_same_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with pytest.raises(BlockingIOError):
        Journal(tmp_path)
    await journal.close()


async def test_an_effect_whose_sender_left_is_written_all_the_same(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    leaving = asyncio.create_task(journal.append([effect("+491")]))
    await asyncio.sleep(0)
    leaving.cancel()
    await journal.append([effect("+492")])
    await journal.close()
    assert [line.to for line in read(journal.path)] == ["+491", "+492"]


async def test_effects_that_cannot_be_written_are_not_answered(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.append([effect("+491")])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = journal.path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, limits[1]))  # half a line fits
    try:
        with pytest.raises(OSError, match="File too large"):
            await journal.append([effect("+492")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert journal.path.stat().st_size == size
    await journal.append([effect("+493")])
    await journal.close()
    assert [line.to for line in read(journal.path)] == ["+491", "+493"]


def test_a_long_body_is_cut_and_its_hash_speaks_for_the_whole() -> None:
    text = "é" * BODY_BYTES
    line = sealed(effect(text=text), 1, 0.0)
    assert len(line.text.encode()) == BODY_BYTES
    assert line.text_sha256 == sha256(text.encode()).hexdigest()
    assert line.html_sha256 == ""


@given(st.text(st.characters(exclude_categories=())), st.text())
def test_any_text_makes_a_line_that_reads_back(text: str, to: str) -> None:
    line = sealed(effect(to, text=text, subject=text), 7, 1.5)
    assert Effect(**orjson.loads(orjson.dumps(line))) == line
    assert b"\n" not in orjson.dumps(line)
