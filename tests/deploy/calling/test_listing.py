"""Lists that are longer than was asked for: where they go on, and all of them."""

from typing import Any

import pytest
from uuid_utils.compat import uuid7

from api.sdk import Tidings
from deploy.commands.groups import groups
from deploy.commands.profiles import profiles

MANY = 203  # more than two of the API's pages


@pytest.fixture(scope="module")
def group(stack: Any) -> str:
    """Of that many people, whose external ids begin with its name."""
    name = f"many-{uuid7()}"
    with Tidings(stack.api, stack.key) as tidings:
        people = [f"{name}-{n}" for n in range(MANY)]
        tidings.profiles.upsert({"external_id": person} for person in people)
        tidings.groups.add(tidings.groups.create(name=name)["id"], people)
    return name


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


def test_a_cursor_goes_on_where_the_list_ended_until_there_is_none(told, group: str) -> None:
    found: list[str] = []
    sizes: list[int] = []
    cursor: tuple[str, ...] = ()
    while True:
        page = told(groups, "members", group, "--limit", 120, *cursor)
        found += ids(page)
        sizes.append(len(page["items"]))
        if page["next"] is None:
            break
        cursor = ("--cursor", page["next"])
    assert sizes == [120, MANY - 120]
    assert len(set(found)) == MANY
    assert found == ids(told(groups, "members", group, "--all"))


def test_a_person_is_told_how_to_go_on_beside_the_table(run, told, group: str) -> None:
    of_the_group = ("list", "--external-id", group)
    following = told(profiles, *of_the_group, "--limit", 1)["next"]
    shown = run(profiles, *of_the_group, "--limit", 1)
    assert shown.stderr == f"There are more: --cursor {following} goes on, --all shows all.\n"
    assert "There are more" not in shown.stdout
    assert run(profiles, *of_the_group, "--all").stderr == ""
    assert run(profiles, *of_the_group, "--limit", MANY).stderr == ""


def test_a_cursor_of_other_filters_is_refused(run, told, group: str) -> None:
    following = told(profiles, "list", "--external-id", group, "--limit", 1)["next"]
    done = run(profiles, "list", "--cursor", following)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "cursor_of_other_filters" in done.stderr


def test_a_list_without_a_row_says_so_and_writes_nothing(run, told) -> None:
    nobody = ("list", "--name", "nobody is called this")
    shown = run(profiles, *nobody)
    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, "", "There are none.\n")
    assert told(profiles, *nobody) == {"items": [], "next": None}
