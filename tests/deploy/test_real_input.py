"""A thousand real rows through `tidings send`: each good one once, each bad one by its line."""

import csv
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import people
import pytest
from people import Person

from deploy.local.sandbox import journal
from deploy.local.sandbox.effects import Effect

CHANNEL_OF = {"smtp": "email", "sendgrid": "email", "twilio": "sms", "telegram": "telegram"}
pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]  # it starts the stack


@dataclass(frozen=True)
class Sent:
    """The run of the thousand."""

    people: list[Person]
    file: Path
    stderr: str
    exit_code: int
    facts: dict[str, Any]
    errors: list[dict[str, str]]
    journal: Path
    effects: list[Effect]


def tidings(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-P", "-m", "deploy.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def effects_of(stack: Any, thousand: list[Person]) -> list[Effect]:
    addresses = {person.arrives_at for person in thousand}
    return [e for e in journal.read(stack.journal) if e.to in addresses or people.DOMAIN in e.to]


def ids(path: Path) -> set[str]:
    return {json.loads(line)["id"] for line in path.read_text().splitlines()}


@pytest.fixture(scope="module")
def sent(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    folder = tmp_path_factory.mktemp("send")
    thousand = people.thousand()
    file, errors, own = folder / "people.csv", folder / "errors.csv", folder / "journal.ndjson"
    people.write(file, thousand)
    before = len(list(journal.read(stack.journal)))
    done = tidings(
        *("send", str(file), "--url", stack.api, "--key", stack.key),
        *("--errors", str(errors), "--journal", str(own), "--wait", "--json"),
    )
    assert done.stdout, done.stderr
    with errors.open(newline="") as refused:
        rows = list(csv.DictReader(refused))
    facts = json.loads(done.stdout)
    effects = [effect for effect in effects_of(stack, thousand) if effect.n > before]
    return Sent(thousand, file, done.stderr, done.returncode, facts, rows, own, effects)


def test_each_good_row_arrives_exactly_once(sent: Sent) -> None:
    arrived = Counter((CHANNEL_OF[effect.vendor], effect.to) for effect in sent.effects)
    wanted = dict(people.by_address(sent.people))
    assert len(wanted) > 800
    assert {channel for channel, _ in wanted} == {"email", "sms", "telegram"}
    assert arrived == Counter(wanted.keys())


def test_each_name_arrives_as_it_was_written(sent: Sent) -> None:
    wanted = dict(people.by_address(sent.people))
    for effect in sent.effects:
        person = wanted[CHANNEL_OF[effect.vendor], effect.to]
        greeting = person.greeting
        text = effect.text.replace("\r\n", "\n")
        assert text.startswith(greeting), (person, text)
        if person.channel == "email":
            assert effect.subject == greeting.removesuffix("!")


def test_each_bad_row_is_refused_with_its_line_field_and_reason(sent: Sent) -> None:
    refused = {int(row["line"]): row for row in sent.errors}
    bad = {person.line: person for person in sent.people if person.code or person.twin}
    assert len(sent.errors) == len(refused)
    assert refused.keys() == bad.keys()
    for line, person in bad.items():
        row = refused[line]
        assert row["detail"]
        if person.twin:
            assert row["code"] == "duplicate_in_file"
            assert row["detail"].startswith(f"duplicate of line {person.twin} (same ")
            continue
        assert row["code"] == person.code, (person, row)
        assert row["field"] == person.field or not person.field, (person, row)
        assert f'"line": {line}}}' in sent.stderr


def test_the_summary_counts_every_row(sent: Sent) -> None:
    good = len(dict(people.by_address(sent.people)))
    twins = sum(person.twin > 0 for person in sent.people)
    assert sent.exit_code == 1
    assert sent.facts["notifications"] == 1000
    assert sent.facts["accepted"] == good
    assert sent.facts["duplicates"] == twins
    assert sent.facts["refused"] == 1000 - good - twins
    assert sent.facts["ended"] == {"sent": good}


def test_the_journal_names_every_accepted_notification(sent: Sent) -> None:
    lines = [json.loads(line) for line in sent.journal.read_text().splitlines()]
    wanted = {person.line: whom for whom, person in people.by_address(sent.people)}
    assert {line["line"]: (line["channel"], line["to"]) for line in lines} == wanted
    assert len({line["id"] for line in lines}) == len({line["key"] for line in lines}) == len(lines)


def test_the_same_file_again_tells_nobody_twice(
    sent: Sent, stack: Any, in_process, tmp_path: Path
) -> None:
    again = tmp_path / "journal.ndjson"
    where = ("--url", stack.api, "--key", stack.key)
    code, out, _ = in_process("send", sent.file, *where, "--journal", again)
    good = len(dict(people.by_address(sent.people)))
    assert code == 1
    assert f"{good} accepted ({good} by an earlier run)" in out
    assert ids(again) == ids(sent.journal)


def test_the_audit_finds_nothing_unexplained(sent: Sent, stack: Any, in_process) -> None:
    done = in_process("audit", "--data", stack.data, "--journal", sent.journal, "--open-ok")
    assert done.code == 0, done.out + done.err
