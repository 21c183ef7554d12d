"""`tidings profiles`, `groups` and `suppressions`."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from deploy.commands.groups import groups
from deploy.commands.profiles import profiles
from deploy.commands.suppressions import suppressions


@pytest.fixture
def person(told) -> Callable[..., dict[str, Any]]:
    def make(*options: str) -> dict[str, Any]:
        return told(profiles, "create", f"cli-{uuid7()}", *options)

    return make


def test_a_person_is_made_found_changed_and_deleted(run, told, person) -> None:
    made = person("--name", "Ada", "--email", "Ada@EXAMPLE.com", "--sms", "+49 151 12345678")
    name = f"ext:{made['external_id']}"
    found = told(profiles, "list", "--external-id", made["external_id"])["items"]
    assert [each["id"] for each in found] == [made["id"]]
    assert [c["address"] for c in found[0]["contacts"]] == ["Ada@example.com", "+4915112345678"]

    edited = told(profiles, "edit", name, "--locale", "de", "--metadata", "team=engines")
    assert (edited["name"], edited["locale"], edited["metadata"]) == (
        "Ada",
        "de",
        {"team": "engines"},
    )
    shown = run(profiles, "show", name).stdout
    assert shown.startswith(f"{made['id']}  {made['external_id']}\nname  Ada\nlocale  de\n")

    kept = run(profiles, "delete", name, says="n\n")
    assert (kept.exit_code, "nothing was deleted" in kept.stderr) == (1, True)
    assert told(profiles, "delete", name, "--yes")["id"] == made["id"]
    assert run(profiles, "show", name).exit_code == 1


def test_contacts_come_and_go_and_two_people_become_one(told, person) -> None:
    one, other = person("--email", "one@example.com"), person()
    name = f"ext:{one['external_id']}"
    added = told(profiles, "add-contact", name, "sms", "+4915112345679", "--rank", "7")
    [sms] = [contact for contact in added["contacts"] if contact["channel"] == "sms"]
    assert sms["rank"] == 7
    left = told(profiles, "remove-contact", name, sms["id"])["contacts"]
    assert [contact["channel"] for contact in left] == ["email"]
    merged = told(profiles, "merge", f"ext:{other['external_id']}", name)
    assert merged["id"] == one["id"]
    assert [each["external_id"] for each in merged["merged"]] == [other["external_id"]]


def test_a_file_of_people_is_taken_but_for_its_bad_lines(run, tmp_path) -> None:
    ids = [f"file-{uuid7()}" for _ in range(2)]
    file = tmp_path / "people.ndjson"
    file.write_text(f'{{"external_id": "{ids[0]}"}}\nnonsense\r\n{{"external_id": "{ids[1]}"}}\n')
    first, again = (run(profiles, "upload", file) for _ in range(2))
    assert (first.exit_code, again.exit_code) == (1, 1)
    head, line = first.stdout.splitlines()
    assert head == "2 created, 0 updated, 0 unchanged, 1 refused"
    assert line.startswith("line 2: not JSON")
    assert again.stdout.startswith("0 created, 0 updated, 2 unchanged, 1 refused\n")
    piped = run(profiles, "upload", "-", says=f'{{"external_id": "{ids[0]}"}}\n')
    assert (piped.exit_code, piped.stdout[:9]) == (0, "0 created")


def test_a_group_is_filled_by_its_name(run, told, person, tmp_path) -> None:
    name = f"readers {uuid7()}"
    people = [person()["external_id"] for _ in range(3)]
    group = told(groups, "create", name, "--description", "who reads")
    done = run(groups, "add", name, people[0], "nobody-has-this-id")
    assert done.exit_code == 1
    assert done.stdout.startswith("1 added, 0 removed; 1 members\nnobody-has-this-id: no such")

    file = tmp_path / "members.ndjson"
    file.write_text("".join(json.dumps({"external_id": each}) + "\n" for each in people[1:]))
    assert told(groups, "upload", name, file, "--mode", "replace")["members"] == 2
    members = told(groups, "members", group["id"])["items"]
    assert {each["external_id"] for each in members} == set(people[1:])

    assert told(groups, "remove", name, people[1])["removed"] == 1
    assert told(groups, "edit", name, "--description", "")["description"] == ""
    assert [g["name"] for g in told(groups, "list", "--name", name)["items"]] == [name]
    assert run(groups, "delete", name, "--yes").stdout == f"{group['id']}  deleted\n"
    gone = run(groups, "show", name)
    assert (gone.exit_code, gone.stderr) == (
        1,
        f"tidings: there is no group named {name!r} (not_found)\n",
    )


def test_an_address_is_suppressed_and_let_go(run, told) -> None:
    address = f"{uuid7()}@example.com"
    made = told(suppressions, "add", "email", address, "--reason", "bounced", "--note", "late")
    assert (made["address"], made["reason"], made["note"]) == (address, "bounced", "late")
    find = ("list", "--channel", "email", "--address", address)
    assert [each["id"] for each in told(suppressions, *find)["items"]] == [made["id"]]
    assert address in run(suppressions, "show", made["id"]).stdout
    assert told(suppressions, "lift", made["id"])["id"] == made["id"]
    assert told(suppressions, *find) == {"items": [], "next": None}
