"""Diffs: applied to the one version they give the other, by us and by git; and they end."""

import re
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.content_diff import content_diff, unified

NAMES = ("1", "2")
HUNK = re.compile(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@")
TEXTS = st.lists(st.sampled_from(["a", "b", "{{ c }}", "", " ", "-", "+", "\\", "\r", "é\u2028"]))


@st.composite
def text(draw: st.DrawFn) -> str:
    return "\n".join(draw(TEXTS))


def patched(before: str, diff: str) -> str:
    """What `patch` makes of them."""
    lines = [f"{line}\n" for line in before.split("\n")]
    lines = [*lines[:-1], *([lines[-1][:-1]] if lines[-1] != "\n" else [])]
    result, at, mark = [], 0, ""
    for line in diff.split("\n")[2:-1]:
        if found := HUNK.fullmatch(line):
            start = int(found[1]) - (1 if int(found[2]) else 0)
            result += lines[at:start]
            at = start
        elif line.startswith("\\"):
            if mark != "-":
                result[-1] = result[-1].removesuffix("\n")
        else:
            mark = line[0]
            if mark in " -":
                assert lines[at].removesuffix("\n") == line[1:]
                at += 1
            if mark in " +":
                result.append(f"{line[1:]}\n")
    return "".join([*result, *lines[at:]])


@given(text(), text())
def test_applied_to_the_one_it_gives_the_other(before: str, after: str) -> None:
    diff = unified(before, after, NAMES)

    assert bool(diff) is (before != after)
    assert patched(before, diff) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "a\n"),
        ("a", ""),
        ("a\nb\nc", "a\nx\nc\n"),
        ("\n".join(str(n) for n in range(60)), "\n".join(str(n * n) for n in range(60))),
        ("x\n" * 3000, "y\n" * 3000),
        ("a\n" * 50 + "b\n", "c\n" + "a\n" * 50),
    ],
    ids=["added", "removed", "changed", "many", "too long to compare", "moved"],
)
def test_git_applies_it(tmp_path: Path, before: str, after: str) -> None:
    (tmp_path / "letter").write_text(before)
    diff = unified(before, after, ("a/letter", "b/letter"))
    command = ["git", "apply", "--unidiff-zero", "-p1", "-"]

    subprocess.run(command, cwd=tmp_path, input=diff, text=True, check=True)

    assert (tmp_path / "letter").read_text() == after


def test_hostile_texts_are_compared_in_no_time() -> None:
    distinct = [str(n) for n in range(50_000)]
    began = time.process_time()
    for before, after in [
        ("\n".join(distinct), "\n".join(reversed(distinct))),
        ("\n" * 250_000, "\n" * 249_999 + "x"),
        ("ab\n" * 80_000, "a\nb\n" * 60_000),
    ]:
        assert unified(before, after, NAMES)
    assert time.process_time() - began < 5


def test_a_content_differs_part_by_part() -> None:
    mail = {"subject": "Hi", "html": "<p>a</p>"}
    before = {"email": {"default": mail}, "sms": {"default": {"text": "same"}}}
    after = {
        "email": {"default": {**mail, "html": "<p>b</p>"}, "de": {"subject": "Hallo", "text": "x"}},
        "sms": {"default": {"text": "same"}},
    }

    found = content_diff(before, after, NAMES)

    assert [(d.channel, d.locale, d.part, d.change) for d in found] == [
        ("email", "default", "html", "changed"),
        ("email", "de", "subject", "added"),
        ("email", "de", "text", "added"),
    ]
    assert found[0].diff.startswith("--- 1/email/default/html\n+++ 2/email/default/html\n@@ ")
    back = content_diff(after, before, NAMES)
    assert [d.change for d in back] == ["changed", "removed", "removed"]
