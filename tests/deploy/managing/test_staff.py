"""`tidings staff`: members are made with a password that is shown once, changed and disabled."""

import json

import asyncpg

from models.passwords import Passwords

GRACE = ("--email", "y@example.com", "--role", "viewer")
ADA = ("--email", "Ada@Example.com", "--role", "admin")


async def test_a_member_is_made_changed_and_disabled(tidings, database_url: str) -> None:
    code, out, _ = await tidings("staff", "create", *ADA, "--name", "Ada", "--json")
    made = json.loads(out)
    assert (code, made["email"]) == (0, "ada@example.com")
    await tidings("staff", "create", "--email", "grace@example.com", "--role", "viewer")
    assert (await tidings("staff", "role", "grace@example.com", "--role", "approver"))[0] == 0
    assert (await tidings("staff", "disable", "grace@example.com"))[1] == "disabled\n"
    _, out, _ = await tidings("staff", "list", "--json")
    rows = {row["email"]: row for row in json.loads(out)["items"]}
    assert (rows["ada@example.com"]["role"], rows["ada@example.com"]["name"]) == ("admin", "Ada")
    assert rows["grace@example.com"]["role"] == "approver"
    assert rows["grace@example.com"]["disabled_at"]
    assert "password" not in rows["ada@example.com"]
    connection = await asyncpg.connect(database_url)
    kept = await connection.fetchval("SELECT password FROM staff WHERE email = 'ada@example.com'")
    said = await connection.fetch("SELECT action, actor_kind FROM audit_entry ORDER BY number")
    await connection.close()
    assert kept.startswith("$argon2id$")
    assert await Passwords().verify(kept, made["password"])
    assert [tuple(row) for row in said] == [
        (action, "cli")
        for action in ("staff.create", "staff.create", "staff.role", "staff.disable")
    ]


async def test_a_new_password_is_another_one_and_undoes_disabling(tidings) -> None:
    email = "joan@example.com"
    _, out, _ = await tidings("staff", "create", "--email", email, "--role", "viewer", "--json")
    await tidings("staff", "disable", email)
    _, again, _ = await tidings("staff", "password", email, "--json")
    assert json.loads(again)["password"] != json.loads(out)["password"]
    _, out, _ = await tidings("staff", "list", "--json")
    assert (
        next(row for row in json.loads(out)["items"] if row["email"] == email)["disabled_at"]
        is None
    )


async def test_what_is_refused_is_one_line(tidings) -> None:
    await tidings("staff", "create", *ADA)
    refused = {
        ("create", "--email", "x", "--role", "viewer"): "--email 'x'",
        ("create", "--email", "x@example.com", "--role", "boss"): "there are viewer, author",
        ("create", *ADA): "somebody has this email already",
        ("create", *GRACE, "--application", "none"): "no such application",
        ("role", "nobody@example.com", "--role", "viewer"): "nobody has the email",
        ("role", "ada@example.com", "--role", "viewer"): "nobody else is an admin",
        ("disable", "ada@example.com"): "nobody else is an admin",
    }
    for command, says in refused.items():
        code, out, err = await tidings("staff", *command)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert says in err
