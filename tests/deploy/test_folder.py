"""The data folder: ours or empty, writable, and emptied of nothing but what we made."""

import os
from pathlib import Path

import pytest

from deploy.local.folder import existing_folder, open_folder
from deploy.local.preparation import reset
from deploy.local.refusal import CannotRun


def test_a_new_folder_is_made_and_recognised(tmp_path: Path) -> None:
    made = open_folder(tmp_path / "a" / "b")
    assert open_folder(made.path) == existing_folder(made.path) == made
    assert made.path.stat().st_mode & 0o066 == 0


def test_a_folder_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(CannotRun, match=r"Not a directory.*choose another with --data") as refused:
        open_folder(file / "data")
    assert "\n" not in str(refused.value)


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(CannotRun, match="files that are not ours"):
        open_folder(tmp_path)
    assert os.listdir(tmp_path) == ["thesis.txt"]


def test_a_folder_where_no_stack_was_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="no stack has run"):
        existing_folder(tmp_path)


def test_a_reset_deletes_what_we_made_and_nothing_else(tmp_path: Path) -> None:
    folder = open_folder(tmp_path)
    for made in (folder.postgres, folder.temporal, folder.sandbox, folder.logs):
        made.mkdir()
        (made / "file").touch()
    for made in (folder.secrets, tmp_path / "notes.txt"):
        made.touch()

    reset(folder, print)

    assert sorted(os.listdir(tmp_path)) == [".tidings", "notes.txt"]
