"""A campaign's life by the command line, against a whole stack."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

PEOPLE = 200
NEWS = ("--channel", "email", "--subject", "News", "--text", "Hello {{ name }}")
NEWSLETTER = ("--category", "newsletter")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    rows = [f"{tmp_path.name}-{n}@example.com,Person {n}" for n in range(PEOPLE)]
    path.write_text("\n".join(["to,name", *rows, "nobody,x", rows[5]]))
    return path


@pytest.fixture
def draft(ada: Any, people: Path) -> str:
    """The id of a draft to 200 people."""
    return id_of(ada("create", "--name", "News", *NEWS, *NEWSLETTER, "--file", str(people)))


def id_of(done: Any) -> str:
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()[-1].split()[0]  # the runner echoes what it was told


def seen(run: Any, id: str) -> dict[str, Any]:
    return json.loads(run("show", id, "--json").stdout)


def test_from_a_file_to_its_report(ada: Any, grace: Any, audit: Any, draft: str) -> None:
    submitted = ada("submit", draft, "--wait")
    assert submitted.exit_code == 0
    assert f"{draft}  pending_approval" in submitted.stdout
    assert "200, 1 named again" in submitted.stdout

    asked = grace("approve", draft, says="n\n")
    assert asked.exit_code == 1
    for shown in ("News", "Hello Person 0", "200", seen(ada, draft)["content_hash"]):
        assert shown in asked.stderr
    assert asked.stderr.endswith("tidings: nothing was approved\n")

    assert id_of(grace("approve", draft, says="y\n")) == draft
    followed = ada("watch", draft, "--json")
    assert followed.exit_code == 0
    assert json.loads(followed.stdout.splitlines()[-1])["counts"] == {"sent": PEOPLE}
    audited = audit(draft)
    assert audited["campaign"]["books"]["sent"] == PEOPLE
    assert differing(audited) == {}
    assert "News: completed in " in ada("report", draft).stdout
    kinds = [e["kind"] for e in json.loads(ada("events", draft, "--json").stdout)["items"]]
    assert kinds == ["created", "submitted", "validated", "approved", "started", "completed"]
    assert ada("retry-failed", draft).stderr.endswith("(nothing_failed)\n")

    copy = id_of(ada("duplicate", draft))
    assert ada("archive", draft).exit_code == 0
    listed = [c["id"] for c in json.loads(ada("list", "--json").stdout)["items"]]
    assert copy in listed
    assert draft not in listed


def test_its_books_agree_at_any_moment(ada: Any, grace: Any, audit: Any, draft: str) -> None:
    ada("edit", draft, "--per-second", "50", "--canary", "10:100")
    ada("submit", draft, "--wait")
    assert audit(draft)["campaign"]["books"]["pending"] == PEOPLE
    grace("approve", draft, "--yes", "--hash", seen(ada, draft)["content_hash"])
    books: dict[str, int] = {"sent": 0}
    while books["sent"] < PEOPLE / 4:
        found = audit(draft)
        books = found["campaign"]["books"]
        assert differing(found) == {}
        assert sum(books.values()) == PEOPLE
    assert ada("pause", draft).exit_code == 0
    assert differing(audit(draft)) == {}
    assert ada("resume", draft).exit_code == 0
    assert ada("cancel", draft, "--yes").exit_code == 0
    assert ada("watch", draft).exit_code == 3
    ended = audit(draft)
    assert differing(ended) == {}
    assert ended["campaign"]["books"]["cancelled"] > 0


def differing(audited: dict[str, Any]) -> dict[str, list[str]]:
    return {check["name"]: check["ids"] for check in audited["checks"] if check["differences"]}


def validated(ada: Any, id: str) -> dict[str, Any]:
    """The campaign once its workflow has looked at it; each look is an API call."""
    while (view := seen(ada, id))["status"] == "validating":
        pass
    return view


def test_nobody_approves_their_own_nor_what_has_changed(ada: Any, grace: Any, draft: str) -> None:
    ada("submit", draft, "--wait")
    hash = seen(ada, draft)["content_hash"]
    edited = grace("edit", draft, "--subject", "Other news", "--off-hours")
    assert edited.exit_code == 0
    stale = grace("approve", draft, "--yes", "--hash", hash)
    assert (stale.exit_code, stale.stdout) == (1, "")
    assert stale.stderr.startswith("tidings: it has changed since: its hash is ")
    view = validated(ada, draft)  # an edit of one that waits is validated by itself
    assert view["content"]["email"]["default"]["text"] == "Hello {{ name }}"
    own = grace("approve", draft, "--yes", "--hash", view["content_hash"])
    assert own.exit_code == 1
    assert own.stderr.endswith("(own_campaign)\n")
    assert grace("approve", draft, "--yes").exit_code == 2
    assert "missing_scope" in ada("approve", draft, says="y\n").stderr


def test_a_rejected_one_says_why_and_is_edited(ada: Any, grace: Any, draft: str) -> None:
    ada("submit", draft, "--wait")
    assert grace("reject", draft, "--reason", "the wrong people").exit_code == 0
    assert "rejected: the wrong people" in ada("show", draft).stdout
    assert ada("watch", draft).exit_code == 3
    assert ada("edit", draft).exit_code == 2
    assert id_of(ada("edit", draft, "--name", "Better news", "--everyone")) == draft
    assert seen(ada, draft)["audience"] == {"everyone": True}


def test_an_invalid_one_says_what_is_wrong(ada: Any) -> None:
    id = id_of(ada("create", "--name", "News", *NEWS, *NEWSLETTER, "--group", "nobody"))
    done = ada("submit", id, "--wait")
    assert done.exit_code == 1
    assert "audience: group unknown (group_unknown)" in done.stdout


async def test_a_code_and_the_command_that_goes_with_it(
    ada: Any, grace: Any, draft: str, stack: Any
) -> None:
    ada("edit", draft, "--per-second", "5")
    ada("submit", draft, "--wait")
    code = json.loads(grace("approval-code", draft, "--json").stdout)
    assert code["code"] in grace("approval-code", draft).stdout
    words = shlex.split(code["command"])
    said = dict(zip(words[3::2], words[4::2], strict=True))
    assert words[:3] == ["temporal", "workflow", "signal"]
    client = await Client.connect(said["--address"])
    handle = client.get_workflow_handle(said["--workflow-id"])
    await handle.signal(said["--name"], json.loads(said["--input"]))
    assert said["--address"] == stack.temporal_address

    while (view := seen(ada, draft))["status"] not in ("running", "completed"):
        assert view["status"] in ("pending_approval", "scheduled")
    assert view["approvals"][0]["via"] == "signal"
    assert ada("pause", draft).exit_code == 0
    watched = ada("watch", draft)
    assert watched.exit_code == 3
    assert "paused, 200 people" in watched.stdout
    assert ada("rate", draft, "none").exit_code == 0
    assert ada("rate", draft, "fast").exit_code == 2
    assert ada("resume", draft).exit_code == 0
    assert ada("pause", draft).exit_code in (0, 1)  # it may have ended by now
    ended = ada("cancel", draft, says="y\n")
    if ended.exit_code == 0:
        assert "stopped" in ended.stdout
        assert ada("watch", draft).exit_code == 3


def test_what_makes_no_sense_calls_nobody(ada: Any, draft: str, tmp_path: Path) -> None:
    for options, words in (
        (("--channel", "pigeon", "--text", "x"), "there are email"),
        (("--channel", "sms", "--text", "x"), "whom to tell?"),
        (("--channel", "sms", "--everyone"), "what to tell?"),
        (("--channel", "sms", "--text", "x", "--file", str(tmp_path)), "is no file"),
    ):
        done = ada("create", "--name", "News", *options)
        assert (done.exit_code, done.stdout) == (2, "")
        assert words in done.stderr
    preview = ada("preview", draft, "--size", "2")
    assert "Hello Person 0" in preview.stdout
    assert ada("preview", draft, "--size", "99").exit_code == 1
