"""Secrets stay what they were, are read by their owner alone, and are shown to nobody."""

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.masking import masked
from deploy.local.refusal import CannotRun
from deploy.local.secret_file import keep_api_key, open_secrets, read_secrets


def test_the_second_start_finds_the_secrets_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made = open_secrets(path, has_data=False)
    keep_api_key(path, "td_key")

    again = open_secrets(path, has_data=True)

    assert again.api_key == "td_key"
    assert again.secret_keys == made.secret_keys
    assert again.database_password == made.database_password
    assert path.stat().st_mode & 0o777 == 0o600


def test_lost_secrets_are_not_replaced_while_there_is_data(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="is missing, and nothing else opens the data"):
        open_secrets(tmp_path / "secrets.json", has_data=True)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text("{")
    with pytest.raises(CannotRun, match=r"secrets\.json cannot be read"):
        read_secrets(path)


@given(st.text(alphabet="abcXYZ019:/@#?%&= é", min_size=4))
def test_no_password_is_ever_shown(password: str) -> None:
    for written in (password, quote(password, safe="")):
        shown = masked(f"postgresql://tidings:{written}@db.example:5432/tidings")
        assert written not in shown.replace("tidings", "").replace("db.example:5432/", "")


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("", ""),
        ("k1:c2VjcmV0", "***"),
        ("postgresql://u:p@h:5432/d", "postgresql://u:***@h:5432/d"),
        ("postgresql://u:p#w@h/d", "***"),
        ("postgresql://u@h/d?password=p", "***"),
    ],
)
def test_a_secret_is_masked(secret: str, shown: str) -> None:
    assert masked(secret) == shown
