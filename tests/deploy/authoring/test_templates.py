"""Templates by the command line: written in an editor, compared, shown, published, taken back."""

import json
import re
from pathlib import Path

import pytest


def kept(output: str) -> Path:
    found = re.search(r"the text is kept in (\S+)", output)
    assert found, output
    return Path(found[1])


def test_a_template_is_written_in_an_editor(run, editor, seen) -> None:
    editor("Hello {{ name }}!", "Good morning {{ name }}!")

    done = run("new", "cli-morning")

    assert done.stdout == "cli-morning  version 1, a draft\n"
    version = seen("cli-morning", "1")
    assert version["content"]["sms"]["default"]["text"] == "Good morning {{ name }}!"
    assert version["types"] == {"name": "string"}


def test_from_an_edit_to_its_publish_and_back(run, editor, seen, name) -> None:
    assert run("publish", name).stdout == f"{name}  published 1\n"
    editor("Hello", "Hi")
    assert run("edit", name).stdout == "version 2, a draft\n"

    differing = run("diff", name)
    assert differing.exit_code == 1
    assert "-Hello {{ name }}\n" in differing.stdout
    assert "+Hi {{ name }}\n" in differing.stdout
    assert run("diff", name, "2", "2").exit_code == 0

    assert run("publish", name, "2", "--expected", "1").exit_code == 0
    late = run("publish", name, "1", "--expected", "1")
    assert (late.exit_code, late.stderr) == (
        1,
        "tidings: version: version 2 is published now (published_meanwhile)\n",
    )
    assert run("rollback", name).stdout == f"{name}  published 1\n"
    view = seen(name)
    assert (view["published"], view["latest"]) == (1, 2)
    shown = run("show", name).stdout
    assert "1 *" in shown
    assert "rolled back" in shown


def test_what_does_not_compile_is_not_saved_and_its_text_is_kept(run, editor, seen, name) -> None:
    editor("Hello {{ name }}", "Hello\n{{ name() }}")

    done = run("edit", name)

    path = kept(done.stderr)
    assert done.exit_code == 1
    assert f"{path}:5: content.sms.default.text: line 2: calls are not allowed" in done.stderr
    assert "{{ name() }}" in path.read_text()
    assert seen(name)["latest"] == 1
    path.write_text(path.read_text().replace("name()", "name"))
    assert run("edit", name, "--file", str(path)).stdout == "version 2, a draft\n"


def test_what_is_not_declared_is_named_by_the_line_of_the_file(run, editor, name) -> None:
    editor("Hello {{ name }}", "Hello\n\n{{ nmae }}")

    done = run("edit", name)

    assert f"{kept(done.stderr)}:6: " in done.stderr
    assert "'nmae' is not declared" in done.stderr


@pytest.mark.parametrize(("old", "new"), [("=== sms/default/text", "=== sms/text"), ("=", "-")])
def test_a_file_that_makes_no_sense_is_kept_too(run, editor, seen, name, old, new) -> None:
    editor(old, new)

    done = run("edit", name)

    assert done.exit_code == 2
    assert kept(done.stderr).exists()
    assert seen(name)["latest"] == 1


def test_nothing_changed_is_nothing_saved(run, editor, seen, name) -> None:
    editor("nothing of it", "else")

    done = run("edit", name)

    assert (done.exit_code, done.stdout) == (0, "")
    assert "nothing is saved" in done.stderr
    assert seen(name)["latest"] == 1


def test_an_editor_that_fails_saves_nothing(run, monkeypatch, seen, name) -> None:
    monkeypatch.setenv("EDITOR", "/nonexistent/editor")
    assert run("edit", name).exit_code == 2
    assert seen(name)["latest"] == 1


def test_what_is_shown_can_be_edited_again(run, name, tmp_path) -> None:
    file = tmp_path / "again.letter"
    file.write_text(run("show", name, "1").stdout.replace("Hello", "Bye"))

    assert run("edit", name, "--file", str(file)).exit_code == 0

    assert run("show", name, "2").stdout == file.read_text()


def test_a_preview_is_what_would_be_sent(run, name, tmp_path) -> None:
    data = tmp_path / "data.json"
    data.write_text('{"name": "Ada → Bob"}')

    done = run("preview", name, "--channel", "sms", "--data-file", str(data))
    wrong = run("preview", name, "--channel", "sms", "--data", "nmae=Ada")

    assert done.exit_code == 0
    assert done.stdout.startswith("Hello Ada → Bob\n\n1 segment, ucs2\nwarning: ")
    assert wrong.exit_code == 1
    assert "content.sms.default.text: line 1: " in wrong.stderr
    as_json = run("preview", name, "--channel", "sms", "--data", "name=Ada", "--json")
    assert json.loads(as_json.stdout)["text"] == "Hello Ada"


def test_the_list_is_searched(run, name) -> None:
    assert f"{name} " in run("list", "--search", name.upper()).stdout
    assert json.loads(run("list", "--search", "no such", "--json").stdout) == {
        "items": [],
        "next": None,
    }


def test_one_is_deleted_when_its_name_is_said_and_meant(run, seen, name) -> None:
    asked = run("delete", name, says="n\n")
    assert (asked.exit_code, seen(name)["archived_at"]) == (1, None)

    assert run("move", name, "none").exit_code == 0
    assert run("delete", name, "--yes").stdout == f"{name}  deleted\n"

    assert seen(name)["archived_at"]
    assert f"{name} " not in run("list").stdout
    assert f"{name} " in run("list", "--deleted").stdout
    assert run("publish", name).exit_code == 1


def test_categories_are_made_changed_and_deleted(run_categories, run, name) -> None:
    options = ("--priority", "low", "--channels", "sms, email", "--expires-after", "3600")
    made = run_categories("create", "cli-news", *options, "--json")
    assert json.loads(made.stdout)["channels"] == ["sms", "email"]

    changed = run_categories("edit", "cli-news", "--mandatory", "--channel-mode", "first")
    assert "the first of sms, email" in changed.stdout
    assert run_categories("edit", "cli-news").exit_code == 2
    assert run_categories("create", "cli-news", "--priority", "low").exit_code == 1
    assert "cli-news" in run_categories("list").stdout
    assert "cli-news" in run_categories("show", "cli-news").stdout

    run("move", name, "cli-news")
    used = run_categories("delete", "cli-news", "--yes")
    assert (used.exit_code, used.stderr) == (
        1,
        f"tidings: the category is used by template {name} (in_use)\n",
    )
    run("move", name, "newsletter")
    assert run_categories("delete", "cli-news", says="y\n").exit_code == 0
    assert run_categories("show", "cli-news").exit_code == 1
