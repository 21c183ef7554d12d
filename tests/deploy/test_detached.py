"""`up --detach`: the words of the attached one, and its reason when it does not come up."""

from pathlib import Path

import pytest

from deploy.local.detached import start_detached
from deploy.local.folder import open_folder
from deploy.local.lock import hold
from deploy.local.logs import log_path
from deploy.local.refusal import CannotRun


def test_the_second_of_two_at_once_is_told_of_the_first_and_no_more(
    tmp_path: Path, free_base: int
) -> None:
    folder = open_folder(tmp_path / "data")
    said: list[str] = []
    with hold(folder, free_base), pytest.raises(CannotRun) as refused:
        start_detached(folder, free_base, said.append)
    assert str(refused.value).startswith(f"a stack already runs on {folder.path} (pid ")
    assert said == []


def test_a_start_that_fails_gives_its_own_reason(tmp_path: Path, free_base: int) -> None:
    folder = open_folder(tmp_path / "data")
    folder.postgres.mkdir()
    (folder.postgres / "cluster").mkdir()
    with pytest.raises(CannotRun, match=r"secrets.json is missing, and nothing else opens"):
        start_detached(folder, free_base, print)
    assert log_path(folder.logs, "up").exists()
