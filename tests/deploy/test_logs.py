"""`tidings logs`: all parts in the order of time, from when, and while they are written."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import _app
from deploy.local.folder import DataFolder, open_folder
from deploy.local.log_following import Followed
from deploy.local.log_lines import moment

API = [
    '{"event": "one", "timestamp": "2030-01-31T09:00:01.5Z"}',
    '{"due": "2031-01-01T00:00:00Z", "event": "three", "timestamp": "2030-01-31T09:00:03Z"}',
]
POSTGRES = [
    "2030-01-31 09:00:02.187 UTC [1] ERROR:  two",
    "\tDETAIL that belongs to it",
    "2030-01-31 09:00:04.000 UTC [1] LOG:  four\x1b[2J",
]


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = open_folder(tmp_path / "data")
    folder.logs.mkdir()
    (folder.logs / "api.log").write_text("\n".join(API) + "\n")
    (folder.logs / "postgres.log").write_text("\n".join(POSTGRES) + "\n")
    (folder.logs / "worker-urgent.log").write_text("a banner\n")
    return folder


def logs(folder: DataFolder, *arguments: str) -> Result:
    return CliRunner().invoke(_app("logs"), ["logs", *arguments, "--data", str(folder.path)])


def test_all_parts_are_one_account_in_the_order_of_time(folder: DataFolder) -> None:
    lines = logs(folder).stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        *("worker-urgent", "api", "postgres", "postgres", "api", "postgres"),
    ]
    assert lines[3].endswith("    DETAIL that belongs to it")
    assert lines[-1].endswith("four\\u001b[2J")


def test_one_part_is_told_without_its_name_and_only_its_last_lines(folder: DataFolder) -> None:
    assert logs(folder, "api", "--lines", "1").stdout == API[1] + "\n"
    assert logs(folder, "worker urgent").stdout == "a banner\n"


def test_what_was_before_is_left_out_and_json_names_part_and_time(folder: DataFolder) -> None:
    done = logs(folder, "--since", "2030-01-31T09:00:03Z", "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["part"], each["at"][11:19]) for each in found] == [
        ("api", "09:00:03"),
        ("postgres", "09:00:04"),
    ]
    assert found[0]["line"] == API[1]


def test_a_log_that_was_set_aside_is_read_first(folder: DataFolder) -> None:
    (folder.logs / "api.log.1").write_text('{"timestamp": "2030-01-31T08:00:00Z"}\n')
    assert logs(folder, "api").stdout.splitlines()[0] == '{"timestamp": "2030-01-31T08:00:00Z"}'


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nobody",), "no log of a part named 'nobody' in"),
        (("--since", "yesterday"), "--since 'yesterday': want 30s, 10m, 2h, 3d or a time"),
    ],
)
def test_what_makes_no_sense_is_said(
    folder: DataFolder, arguments: tuple[str, ...], words: str
) -> None:
    done = logs(folder, *arguments)
    assert done.exit_code == 1
    assert words in str(done.exception)


def test_spans_and_times() -> None:
    now = datetime(2030, 1, 31, 12, tzinfo=UTC)
    spans = [(moment(said, now), now - moment(said, now)) for said in ("30s", "10m", "2h", "3d")]
    assert [span for _, span in spans] == [
        timedelta(seconds=30),
        timedelta(minutes=10),
        timedelta(hours=2),
        timedelta(days=3),
    ]
    assert moment("2030-01-31T09:00:00+01:00", now) == datetime(2030, 1, 31, 8, tzinfo=UTC)


def test_new_lines_are_followed_whole_and_over_a_turn(folder: DataFolder) -> None:
    path = folder.logs / "api.log"
    followed = Followed("api", path)

    def new() -> list[str]:
        return [line.text for line in itertools.islice(followed.new_lines(), 10)]

    assert new() == []
    with path.open("a") as log:
        log.write("half a li")
        log.flush()
        assert new() == []
        log.write("ne\nanother\n")
    assert new() == ["half a line", "another"]
    path.replace(path.with_suffix(".log.1"))
    path.write_text("begun anew\n")
    assert new() + new() == ["begun anew"]
