"""`tidings audiences` against a real API: uploaded, continued, and asked again while it is away."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from api_in_process import Api, serving
from listening_api import app_of, listening
from uuid_utils.compat import uuid7

ROWS = 30_000
PEOPLE = "to,name\n" + "".join(f"person.{n}@example.com,Person {n}\n" for n in range(ROWS))
Ran = tuple[int, str, str]
Run = Callable[..., Awaitable[Ran]]


class Troubled:
    """The API, which goes wrong in the ways it is told to, one for each upload."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.url = ""
        self.script: list[str] = []
        self._app = app_of(api)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        trouble = self.script.pop(0) if scope.get("method") == "PUT" and self.script else ""
        if trouble == "busy":
            await self._answer(send, 503)
        elif trouble == "cut off":
            await self._app(scope, _cut(receive), _nobody)
            await self._answer(send, 502)
        elif trouble == "answer lost":
            await self._app(scope, receive, _nobody)
            await self._answer(send, 504)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, send: Any, status: int) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body"})


def _cut(receive: Any) -> Any:
    """The caller leaves after 700 KB."""
    left = 700_000

    async def cut() -> Any:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        return message if left > 0 else {"type": "http.disconnect"}

    return cut


async def _nobody(message: Any) -> None:
    """Whom an answer does not reach."""


@pytest.fixture(scope="module")
async def troubled(database_url: str) -> AsyncIterator[Troubled]:
    async with serving(database_url, temporal_port=1) as api:
        troubled = Troubled(api)
        async with listening(troubled) as port:
            troubled.url = f"http://127.0.0.1:{port}"
            yield troubled


@pytest.fixture
def run(troubled: Troubled, in_thread: Run) -> Run:
    async def run(*arguments: object, by: Run = in_thread, **environment: str) -> Ran:
        key = troubled.api.http.headers["Authorization"].removeprefix("Bearer ")
        own = {"TIDINGS_URL": troubled.url, "TIDINGS_KEY": key}
        return await by("audiences", *arguments, **{**own, **environment})

    return run


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    return path


async def test_a_file_is_uploaded_shown_and_its_refusals_listed(
    run: Run, as_process: Run, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("to;name\nada@example.com;Ada\nbob;Bob\neve@example.com\n")

    code, out, err = await run("upload", path, "--channel", "email", "--json", by=as_process)
    facts = json.loads(out)
    shown = await run("show", facts["id"])
    listed = await run("refusals", facts["id"])
    as_json = await run("refusals", facts["id"], "--json")

    assert (code, err) == (1, "")
    assert (facts["state"], facts["rows"], facts["refused"]) == ("complete", 1, 2)
    assert facts["name"] == "people.csv"
    assert facts["rows_per_second"] > 0
    assert shown[:2] == (
        0,
        f"{facts['id']} complete: 1 rows, 2 refused (1 bad_csv, 1 email_invalid)\n",
    )
    assert listed[1].splitlines() == [
        "line 3: to: not an email address (no @); want name@example.com (email_invalid)",
        "line 4: 1 cells, the header has 2 (bad_csv)",
    ]
    assert [refusal["line"] for refusal in json.loads(as_json[1])["refusals"]] == [3, 4]


async def test_ndjson_is_known_by_its_first_byte(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "people.txt"
    path.write_text('{"to": 123456789}\n')

    code, out, _ = await run("upload", path, "--channel", "telegram", "--name", "chats")

    assert (code, " complete: 1 rows; " in out) == (0, True)


@pytest.mark.parametrize("trouble", ["busy", "cut off", "answer lost"])
async def test_what_goes_wrong_on_the_way_is_made_good(
    run: Run, troubled: Troubled, people: Path, trouble: str
) -> None:
    troubled.script = [trouble]

    code, out, err = await run("upload", people, "--channel", "email", "--json")

    facts = json.loads(out)
    assert (code, facts["rows"], facts["refused"]) == (0, ROWS, 0)
    assert facts["offset"] == len(PEOPLE)
    assert "asking again for 60 s" in err


async def test_an_upload_that_was_given_up_is_continued(
    run: Run, troubled: Troubled, people: Path
) -> None:
    troubled.script = ["cut off", *["busy"] * 100]
    code, out, err = await run("upload", people, "--channel", "email", "--retry-for", "0.5")
    troubled.script = []
    assert (code, out) == (3, "")
    id = err.rpartition("--continue ")[2].split()[0]
    stored = json.loads((await run("show", id, "--json"))[1])
    assert 0 < stored["offset"] < len(PEOPLE)

    code, out, err = await run("upload", people, "--continue", id, "--json")

    facts = json.loads(out)
    assert (code, err) == (0, "")
    assert (facts["state"], facts["rows"], facts["refused"]) == ("complete", ROWS, 0)


async def test_a_line_longer_than_a_part_is_refused_alone(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"to\nada@example.com\n" + b"x" * 20_000_000 + b"\neve@example.com\n")

    code, out, _ = await run("upload", path, "--channel", "email", "--json")

    assert code == 1
    assert (json.loads(out)["rows"], json.loads(out)["reasons"]) == (2, {"line_too_long": 1})


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        (b"to,nmae\n", ["--channel", "email"], "nmae is none of to, id, name"),
        (b"", ["--channel", "email"], "there is no row in it (empty)"),
        (b"\x1f\x8b\x08", ["--channel", "email"], "compressed by gzip"),
        (b"to\n", [], "--channel email, sms, telegram or webhook"),
        (b"to\n", ["--continue", str(uuid7())], "no such audience (not_found)"),
    ],
)
async def test_what_makes_no_sense_is_one_line_and_exit_2(
    run: Run, tmp_path: Path, content: bytes, arguments: list[str], words: str
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)

    code, out, err = await run("upload", path, *arguments)

    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err


async def test_a_file_shorter_than_what_is_stored_is_another_one(
    run: Run, troubled: Troubled, tmp_path: Path
) -> None:
    made = await troubled.api.http.post("/v1/audiences", json={"channel": "email", "format": "csv"})
    path = f"/v1/audiences/{made.json()['id']}"
    headers = {"Upload-Complete": "?0"}
    await troubled.api.http.put(f"{path}/content", content=PEOPLE, headers=headers)
    shorter = tmp_path / "people.csv"
    shorter.write_text("to\n")

    code, _, err = await run("upload", shorter, "--continue", made.json()["id"])

    assert (code, "more than the file has" in err) == (2, True)


async def test_a_folder_and_nothing_are_no_files(run: Run, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing", "-"):
        code, _, err = await run("upload", path, "--channel", "email")
        assert (code, "is no file" in err) == (2, True)


async def test_a_key_without_the_scope_is_refused(
    run: Run, troubled: Troubled, people: Path
) -> None:
    key = await troubled.api.new_key("campaigns:read")

    code, _, err = await run("upload", people, "--channel", "email", TIDINGS_KEY=key)

    assert (code, "lacks the scope campaigns:write" in err) == (2, True)
