"""`tidings audit-log`: what commands did is in it, and a broken chain is exit 1."""

import json

import asyncpg
import pytest


@pytest.fixture
async def shop(tidings):
    await tidings("keys", "create", "--application", "shop", "--owner", "me", "--new-application")
    return tidings


async def test_what_commands_do_is_listed_with_the_systems_user(shop) -> None:
    _, out, _ = await shop("audit-log", "list", "--application", "shop", "--json")
    entries = json.loads(out)["items"]
    assert [e["action"] for e in entries][-2:] == ["key.create", "application.create"]
    assert {e["actor_kind"] for e in entries} == {"cli"}
    assert all(e["actor_name"] for e in entries)
    _, out, _ = await shop("audit-log", "list", "--action", "application.create")
    assert "application.create" in out.splitlines()[1]


async def test_it_goes_on_behind_the_last_entry_that_was_shown(shop) -> None:
    _, out, _ = await shop("audit-log", "list", "--all", "--json")
    every = json.loads(out)
    _, out, err = await shop("audit-log", "list", "--limit", "1", "--json")
    first = json.loads(out)
    assert (every["next"], first["items"], err) == (None, every["items"][:1], "")
    assert first["next"] == str(first["items"][0]["number"])
    rest = ("audit-log", "list", "--cursor", first["next"])
    _, out, _ = await shop(*rest, "--limit", str(len(every["items"]) - 1), "--json")
    assert json.loads(out) == {"items": every["items"][1:], "next": None}
    _, _, err = await shop("audit-log", "list", "--limit", "1")
    assert err == f"There are more: --cursor {first['next']} goes on, --all shows all.\n"


async def test_it_is_verified_against_a_head_that_was_kept(shop, database_url) -> None:
    code, out, _ = await shop("audit-log", "verify")
    assert (code, out.splitlines()[0]) == (0, "whole")
    head = out.splitlines()[1]
    assert (await shop("audit-log", "verify", "--expect", head))[0] == 0
    number = int(head.partition(":")[0])
    later = f"{number + 1}:{head.partition(':')[2]}"
    code, out, _ = await shop("audit-log", "verify", "--expect", later)
    assert (code, out.splitlines()[0]) == (
        1,
        f"broken at {number + 1}: missing: {number + 1} was there before",
    )
    assert out.splitlines()[1] == f"whole until {head}"
    code, _, err = await shop("audit-log", "verify", "--expect", "7:xyz")
    assert (code, err.count("\n")) == (1, 1)

    connection = await asyncpg.connect(database_url)
    await connection.execute("ALTER TABLE audit_entry DISABLE TRIGGER append_only")
    await connection.execute("UPDATE audit_entry SET actor_name = 'eve' WHERE number = 2")
    await connection.close()
    code, out, _ = await shop("audit-log", "verify", "--json")
    assert (code, json.loads(out)["broken"], json.loads(out)["whole"]) == (1, 2, False)
