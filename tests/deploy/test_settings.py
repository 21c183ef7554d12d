"""Wrong settings are named in one line before anything starts; unknown ones are pointed out."""

import asyncio
import json
import os
import sys

import pytest

from deploy.local.settings_check import check_settings, unknown_settings


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("LOG_LEVEL", "LOUD", "Input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("LOG_FORMAT", "xml", "Input should be 'json' or 'console'"),
        ("DATABASE_URL", "hunter2", "want postgresql://user:password@host:port/database"),
        ("DATABASE_URL", "postgresql://a:hunter2@b:c/d", "want postgresql://user:password@"),
        ("TEMPORAL_ADDRESS", "localhost", "want host:port"),
        ("TEMPORAL_ADDRESS", "http://localhost:7233", "want host:port"),
        ("WEBHOOK_PRIVATE_HOSTS", "a:1,https://b:2", "want host:port"),
        ("WEBHOOK_PRIVATE_HOSTS", "10.0.0.0/8", "want host:port"),
    ],
)
@pytest.mark.parametrize("command", [("api",), ("relay",), ("worker", "--queues", "urgent")])
async def test_a_wrong_setting_is_one_line(
    in_thread, command: tuple[str, ...], variable: str, value: str, says: str
) -> None:
    code, out, err = await in_thread(*command, **{f"TIDINGS_{variable}": value})
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"tidings: TIDINGS_{variable}: {says}")
    assert "hunter2" not in err


def test_levels_and_formats_are_read_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDINGS_LOG_LEVEL", "warning")
    monkeypatch.setenv("TIDINGS_LOG_FORMAT", "Console")
    settings = check_settings()
    assert (settings.log_level, settings.log_format) == ("WARNING", "console")


def test_a_variable_that_nothing_reads_is_pointed_out(
    in_process, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TIDINGS_KEY", "TIDINGS_URL", "TIDINGS_API_PORT", "NOT_TIDINGS_LOG"):
        monkeypatch.setenv(name, "1")
    assert unknown_settings() == []
    monkeypatch.setenv("TIDINGS_LOGLEVEL", "DEBUG")
    monkeypatch.setenv("TIDINGS_WHAT", "1")
    assert unknown_settings() == ["TIDINGS_LOGLEVEL (is TIDINGS_LOG_LEVEL meant?)", "TIDINGS_WHAT"]
    code, out, err = in_process("settings", "--json")
    assert (code, len(err.splitlines())) == (0, 1)
    assert err.startswith("tidings: warning: nothing reads TIDINGS_LOGLEVEL")
    assert json.loads(out)


async def test_a_worker_says_where_it_looks_for_temporal(free_tcp_port: int) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "deploy.cli", "worker", "--queues", "urgent"),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TIDINGS_TEMPORAL_ADDRESS": f"127.0.0.1:{free_tcp_port}"},
    )
    first = json.loads(await process.stderr.readline())
    process.kill()
    await process.communicate()
    assert (first["event"], first["temporal"]) == ("worker starting", f"127.0.0.1:{free_tcp_port}")
