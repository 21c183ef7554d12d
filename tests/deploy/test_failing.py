"""What a failed command says with `--json`: one object, whoever refuses, and its exit code."""

import json
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from deploy.failing import tell
from models.errors import InUse, Invalid

UNKNOWN = "0190a1b2-0000-7000-8000-000000000000"
MEMBERS = ["code", "detail", "field", "limit"]


def error(err: str) -> dict[str, Any]:
    """That of the last line, which is the whole of it."""
    [told] = json.loads(err.splitlines()[-1]).values()
    assert list(told)[:4] == MEMBERS
    return told


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("notifications list --jsn --json", "--jsn"),
        ("notifications list --limit 0 --json", "--limit"),
        ("--json notifications list", "--json"),
        ("notifications show --json", "ID"),
        ("notifications show 4711 --json", "ID"),
        ("keys revoke --json", "--json"),
        ("nothing --json", None),
        ("notifications edit --json " + UNKNOWN, None),
        ("send --json --email ada@example.com", None),
    ],
)
def test_a_command_that_makes_no_sense(in_process, tmp_path: Path, line: str, field: str) -> None:
    named = {"TIDINGS_URL": "http://127.0.0.1:9", "TIDINGS_KEY": "td_key"}
    code, out, err = in_process(*line.split(), **named)
    told = error(err)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert (told["code"], told["field"]) == ("invalid_command", field)
    assert told["detail"]


def test_for_a_person_it_stays_a_line(in_process) -> None:
    said = in_process("notifications", "list", "--jsn")
    assert said.code == 2
    assert said.err.endswith("Error: No such option: --jsn (Possible options: --json)\n")
    assert not in_process("nothing", "--", "--json").err.startswith("{")


def test_a_stack_that_cannot_be(in_process, tmp_path: Path) -> None:
    code, out, err = in_process("status", "--json", "--data", tmp_path)
    assert (code, out, error(err)["code"]) == (1, "", "cannot_run")
    assert error(err)["detail"].startswith("no stack has run with the data folder")


def test_an_api_that_does_not_answer(in_process) -> None:
    named = {"TIDINGS_URL": "http://127.0.0.1:9", "TIDINGS_KEY": "td_key"}
    code, out, err = in_process("profiles", "list", "--json", **named)
    assert (code, out, error(err)["code"]) == (3, "", "unreachable")


def test_what_the_api_refuses_is_told_as_its_problem_says(stack: Any, in_process) -> None:
    named = {"TIDINGS_URL": stack.api, "TIDINGS_KEY": stack.key}
    code, out, err = in_process("notifications", "show", UNKNOWN, "--json", **named)
    assert (code, out, err.count("\n")) == (1, "", 1)
    found = error(err)
    assert (found["code"], found["field"], found["status"]) == ("not_found", "id", 404)
    assert found["detail"] == "no such notification"

    key = ("--idempotency-key", "k" * 300)
    code, _, err = in_process("notifications", "resend", UNKNOWN, *key, "--json", **named)
    assert (code, error(err)["field"], error(err)["limit"]) == (1, "Idempotency-Key", 255)

    code, _, err = in_process("audiences", "show", UNKNOWN, "--json", **named)
    assert (code, error(err)["code"], error(err)["status"]) == (2, "not_found", 404)

    named["TIDINGS_KEY"] = "td_nobody"
    code, _, err = in_process("notifications", "list", "--json", **named)
    assert (code, error(err)["code"], error(err)["status"]) == (2, "unauthorized", 401)


def test_the_field_its_limit_and_what_needs_it_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = Invalid("too long", field="name", limit=200, reason="name_too_long")
    assert tell(wrong, as_json=True) == 1
    found = error(capsys.readouterr().err)
    assert [found[each] for each in MEMBERS] == ["name_too_long", "too long", "name", 200]

    needed = [{"kind": "template", "id": UNKNOWN, "name": "welcome"}]
    assert tell(InUse("templates need it", needed), as_json=True) == 1
    found = error(capsys.readouterr().err)
    assert (found["code"], found["used_by"]) == ("in_use", needed)


def test_each_refused_line_is_an_object(stack: Any, in_process, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("to,data.name\nada@example.com,Ada\nnobody@,Eve\nada@example.com,Ada\n")
    words = ("send", people, "--template", "welcome", "--json", "--stack", stack.data)
    code, out, err = in_process(*words)
    told = [json.loads(line)["error"] for line in err.splitlines()]
    told.sort(key=itemgetter("line"))
    assert (code, json.loads(out)["refused"]) == (1, 1)
    assert [(each["line"], each["code"]) for each in told] == [
        (3, "email_invalid"),
        (4, "duplicate_in_file"),
    ]
    assert (told[0]["field"], told[0]["detail"][:20]) == ("to.email", "not an email address")


def test_a_question_that_nobody_answers(stack: Any, in_process) -> None:
    named = {"TIDINGS_URL": stack.api, "TIDINGS_KEY": stack.key}
    code, out, err = in_process("categories", "delete", "otp", "--json", **named)
    assert (code, out.strip(), error(err)["code"]) == (1, "", "aborted")
