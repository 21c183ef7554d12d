"""`tidings send` against an API that is away, busy or slow: asked again, under the same key."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

PATH = "/v1/notifications/batch"


class Scripted:
    """An API that gives the answers it is told to, in order, and then accepts everything."""

    def __init__(self) -> None:
        self.script: list[Callable[[web.Request], web.StreamResponse]] = []
        self.calls: list[tuple[str, bytes, float]] = []  # key, body, when
        self.url = ""
        self.called = asyncio.Event()

    async def batch(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.calls.append((request.headers["Idempotency-Key"], body, time.monotonic()))
        self.called.set()
        if self.script:
            return self.script.pop(0)(request)
        return web.json_response(accepted(json.loads(body)["items"], len(self.calls)), status=202)


def accepted(items: list[Any], call: int) -> dict[str, Any]:
    ids = [f"00000000-0000-7000-8000-{call:04}{n:08}" for n in range(len(items))]
    views = [{"index": n, "status": "accepted", "id": id} for n, id in enumerate(ids)]
    return {"accepted": len(items), "duplicates": 0, "refused": 0, "batches": {}, "items": views}


def says(status: int, code: str = "busy", **headers: str) -> Callable[[Any], web.Response]:
    body = {"status": status, "code": code, "detail": "as the script says"}
    return lambda _: web.json_response(body, status=status, headers=headers)


def breaks_off(request: web.Request) -> web.StreamResponse:
    assert request.transport
    request.transport.abort()
    return web.Response()


@pytest.fixture
async def api() -> AsyncIterator[Scripted]:
    scripted = Scripted()
    app = web.Application(client_max_size=20_000_000)
    app.router.add_post(PATH, scripted.batch)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    scripted.url = f"http://{host}:{port}"
    yield scripted
    await runner.cleanup()


@pytest.fixture
def start(api: Scripted) -> Callable[..., Any]:
    async def start(*arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "deploy.cli", "send", *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **environment(api)},
        )

    return start


@pytest.fixture
def send(api: Scripted, in_thread: Callable[..., Any]) -> Callable[..., Any]:
    async def send(*arguments: str, **changed: str) -> tuple[int | None, str, str]:
        return await in_thread("send", *arguments, **{**environment(api), **changed})

    return send


def environment(api: Scripted) -> dict[str, str]:
    return {"TIDINGS_URL": api.url, "TIDINGS_KEY": "td_key"}


@pytest.fixture
def people(tmp_path: Path) -> str:
    """A file of 1,500: two chunks."""
    path = tmp_path / "people.csv"
    rows = "".join(f"p{n}@example.com,Person {n}\n" for n in range(1500))
    path.write_text(f"to,name\n{rows}")
    return str(path)


async def test_whatever_is_no_answer_is_asked_again_under_the_same_key(
    api: Scripted, send, people: str
) -> None:
    api.script = [breaks_off, says(503), says(500), says(409, "in_flight")]
    code, out, err = await send(people, "--template", "welcome", "--json")
    keys = [key for key, _, _ in api.calls]
    assert code == 0, err
    assert json.loads(out)["accepted"] == 1500
    assert keys[:5] == [keys[0]] * 5
    assert keys[0].endswith("-0")
    assert keys[5] == f"{keys[0][:-2]}-1"
    assert err.count("\n") == 1  # told once
    assert "asking again for 60 s" in err


async def test_a_wait_that_the_api_asks_for_is_kept(api: Scripted, send, people: str) -> None:
    api.script = [says(429, **{"Retry-After": "2"})]
    assert (await send(people, "--template", "welcome"))[0] == 0
    (_, _, first), (_, _, second), _ = api.calls
    assert second - first >= 2


async def test_the_same_file_has_the_same_keys_and_again_makes_new_ones(
    api: Scripted, send, people: str
) -> None:
    for more in ([], [], ["--again"], ["--template", "other"]):
        await send(people, *(more if "--template" in more else [*more, "--template", "welcome"]))
    first, same, again, other = (api.calls[n : n + 2] for n in range(0, 8, 2))
    assert [call[:2] for call in first] == [call[:2] for call in same]
    assert len({call[0] for call in first + again + other}) == 6


async def test_flags_mean_a_new_notification_each_time(api: Scripted, send) -> None:
    for _ in range(2):
        code, out, _ = await send("--email", "a@b.de", "--template", "welcome")
        assert (code, len(out.strip())) == (0, 36)
    assert api.calls[0][0] != api.calls[1][0]
    assert api.calls[0][1] == b'{"items":[{"to":{"email":"a@b.de"},"template":"welcome"}]}'


async def test_an_api_that_stays_away_is_exit_3_and_what_was_sent_is_told(
    api: Scripted, send, people: str, tmp_path: Path
) -> None:
    api.script = [lambda _: web.json_response(accepted([0] * 1000, 1), status=202)]
    api.script += [says(503)] * 50
    journal = tmp_path / "journal"
    flags = ("--template", "welcome", "--retry-for", "1", "--journal", str(journal))
    code, out, err = await send(people, *flags)
    assert code == 3
    assert out.startswith("1,000 accepted, 500 not sent; 1,500 in all")
    assert err.splitlines()[-2] == f"tidings: the API at {api.url} answered 503"
    assert "the same command again goes on" in err.splitlines()[-1]
    assert len(journal.read_bytes().splitlines()) == 1000


async def test_an_interrupt_tells_what_was_sent(api: Scripted, start, people: str) -> None:
    api.script = [says(429, **{"Retry-After": "60"})]
    process = await start(people, "--template", "welcome", "--retry-for", "90")
    await asyncio.wait_for(api.called.wait(), 60)
    while b"asking again" not in await process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()
    assert process.returncode == 130
    assert out.startswith(b"0 accepted, 1,500 not sent")
    assert err.startswith(b"tidings: interrupted")


async def test_a_refused_body_is_each_line_s_problem(api: Scripted, send, people: str) -> None:
    api.script = [says(422, "key_reused")]
    code, out, err = await send(people, "--template", "welcome")
    assert code == 1
    assert out.startswith("500 accepted, 1,000 refused")
    assert err.startswith("line 2: as the script says (key_reused)\nline 3: ")


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "the API refuses the key: as the script says"), (404, "answered 404: is it")],
)
async def test_a_refused_key_or_a_wrong_address_ends_it_with_exit_2(
    api: Scripted, send, people: str, status: int, words: str
) -> None:
    api.script = [says(status)]
    code, _, err = await send(people, "--template", "welcome")
    assert (code, len(api.calls)) == (2, 1)
    assert words in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "whom to tell? Give --email"),
        (("--email", "a@b.de"), "what to tell? Give --template"),
        (("--email", "a@b.de", "--template", "x", "--text", "y"), "not both"),
        (("--email", "a@b.de", "--html", "<b>y</b>"), "it needs a --subject"),
        (("--email", "a@b.de", "--template", "x", "--data", "name"), "want name=value"),
        (("people.csv", "--email", "a@b.de"), "leave out --email, or the file"),
        (("no-such-file.csv", "--template", "x"), "cannot read no-such-file.csv: No such file"),
        (("people.csv", "--channel", "fax"), "there are email, sms, telegram"),
        (("--url", "localhost:8400", "--email", "a@b.de", "--text", "y"), "is no address of an"),
        (("x", "--template", "x", "--errors", "/dev/null/x"), "cannot write /dev/null/x"),
        (("x", "--template", "x", "--journal", "/dev/null/x"), "cannot write the journal"),
    ],
)
async def test_what_makes_no_sense_is_one_line_and_exit_2(
    api: Scripted, send, arguments: tuple[str, ...], words: str
) -> None:
    code, out, err = await send(*arguments)
    assert (code, out, err.count("\n"), api.calls) == (2, "", 1, [])
    assert words in err


async def test_the_key_of_this_machine_s_stack_goes_nowhere_else(api: Scripted, send) -> None:
    code, _, err = await send("--email", "a@b.de", "--template", "welcome", TIDINGS_KEY="")
    assert (code, api.calls) == (2, [])
    assert "no key for" in err


async def test_half_a_line_in_the_journal_is_dropped(api: Scripted, send, tmp_path: Path) -> None:
    journal = tmp_path / "journal.ndjson"
    journal.write_bytes(b'{"id":"whole"}\n{"id":"ha')
    flags = ("--email", "A@EXAMPLE.com", "--template", "welcome", "--journal", str(journal))
    await send(*flags)
    whole, mine = map(json.loads, journal.read_text().splitlines())
    assert whole == {"id": "whole"}
    assert (mine["channel"], mine["to"]) == ("email", "A@example.com")
    assert mine["key"] == f"{api.calls[0][0]}/0"
