"""`tidings keys`: what is refused is one line, and a listed id can be given to `revoke`."""

import json
import re

import pytest

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OF_SHOP = ("--application", "shop", "--owner", "the shop's team")


async def test_a_key_is_made_listed_whole_in_a_pipe_and_revoked(tidings) -> None:
    code, out, _ = await tidings("keys", "create", *OF_SHOP, "--new-application", "--json")
    id = json.loads(out)["id"]
    assert code == 0
    code, out, _ = await tidings("keys", "list", COLUMNS="40")
    [line] = [line for line in out.splitlines() if UUID.match(line)]
    assert (code, line.split()[0]) == (0, id)
    assert "notifications:send, notifications:read, notifications:cancel  live" in line
    assert await tidings("keys", "revoke", id) == (0, "revoked\n", "")
    assert (await tidings("keys", "revoke", id))[2] == "tidings: no live key with this id\n"


async def test_a_misspelt_application_is_refused_and_the_known_are_named(tidings) -> None:
    await tidings("keys", "create", *OF_SHOP, "--new-application")
    create = ("keys", "create", "--owner", "me", "--application")
    code, out, err = await tidings(*create, "shopp")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "no application 'shopp'; there are shop." in err
    for name in ("", " ", "a\nb", "x" * 101):
        code, _, err = await tidings(*create, name, "--new-application")
        assert (code, err.startswith("tidings: --application")) == (1, True)
    assert (await tidings(*create, "shop"))[0] == 0


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--days", "-1", "tidings: --days -1: want 0 (for ever) to 36500\n"),
        ("--days", "999999999", "tidings: --days 999999999: want 0 (for ever) to 36500\n"),
        ("--scopes", "", "tidings: --scopes '': a key needs at least one; there are "),
        ("--scopes", "send", "tidings: --scopes: no scope 'send'; there are "),
        ("--owner", " ", "tidings: --owner ' ': want at least one character\n"),
    ],
)
async def test_an_option_out_of_bounds_is_one_line(
    tidings, option: str, value: str, says: str
) -> None:
    code, out, err = await tidings("keys", "create", *OF_SHOP, option, value)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(says)


async def test_a_key_of_some_days_says_until_when(tidings) -> None:
    await tidings("keys", "create", *OF_SHOP, "--new-application", "--days", "30")
    _, out, _ = await tidings("keys", "list")
    assert re.search(r"live until \d{4}-\d\d-\d\d", out)


@pytest.mark.parametrize(
    "command",
    [("keys", "list"), ("keys", "revoke", "0" * 32), ("vendors", "list"), ("migrate",)],
)
async def test_a_database_that_does_not_answer_is_one_line(
    tidings, as_process, free_tcp_port: int, command: tuple[str, ...]
) -> None:
    url = f"postgresql://tidings:hunter2@127.0.0.1:{free_tcp_port}/tidings"
    run = as_process if command == ("migrate",) else tidings  # which sets up logs
    code, out, err = await run(*command, TIDINGS_DATABASE_URL=url)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"tidings: PostgreSQL at 127.0.0.1:{free_tcp_port}/tidings does not")
    assert "hunter2" not in err


async def test_a_database_without_our_tables_says_what_to_run(tidings, postgres_server) -> None:
    code, _, err = await tidings("keys", "list", TIDINGS_DATABASE_URL=postgres_server.url())
    assert (code, err.count("\n")) == (1, 1)
    assert err.endswith("has no tables of ours: run `tidings migrate`\n")
