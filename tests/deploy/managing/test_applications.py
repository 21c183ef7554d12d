"""`tidings applications`, and keys and accounts that are looked after by name."""

import json

import pytest

TWILIO = {"account_sid": "AC1", "auth_token": "hunter2", "sender": "+15005550006"}
ADD = ("vendors", "add", "--application", "bakery", "--channel", "sms", "--vendor", "twilio")


async def test_one_is_made_shown_and_changed(tidings) -> None:
    code, id, err = await tidings("applications", "create", "oven", "--time-zone", "Europe/Berlin")
    assert (code, err) == (0, "")
    edit = ("applications", "edit", "oven", "--off-hours", "21:30-05:00", "--rename", "ovens")
    assert (await tidings(*edit, "--requests-per-second", "50"))[:2] == (0, "ovens is changed\n")
    _, out, _ = await tidings("applications", "show", "ovens", "--json")
    row = json.loads(out)
    assert (row["id"], row["time_zone"]) == (id.strip(), "Europe/Berlin")
    assert (row["off_hours_from"], row["requests_per_second"]) == ("21:30:00", 50)
    _, out, _ = await tidings("applications", "list")
    assert ["ovens", row["id"], "Europe/Berlin", "21:30-05:00", "50"] in [
        line.split()[:5] for line in out.splitlines()
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("create", "oven"), "an application of that name is there"),
        (("create", " "), "--application ' ': want 1 to 100 characters"),
        (("edit", "oven", "--time-zone", "Mars"), "--time-zone 'Mars': not a time zone"),
        (("edit", "oven", "--off-hours", "20-6"), "--off-hours '20-6': want HH:MM-HH:MM"),
        (("edit", "oven", "--requests-per-second", "0"), "--requests-per-second '0': want a"),
        (("edit", "oven", "--requests-per-second", "1e-9"), "--requests-per-second '1e-9': want a"),
        (("show", "nothing"), "no application 'nothing'; there are"),
    ],
)
async def test_what_cannot_be_is_one_line(tidings, arguments: tuple[str, ...], says: str) -> None:
    await tidings("applications", "create", "oven")
    code, out, err = await tidings("applications", *arguments)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"tidings: {says}")


async def test_accounts_are_ordered_paused_and_retired_by_name(tidings) -> None:
    await tidings("applications", "create", "bakery")
    for name in ("one", "two"):
        await tidings(*ADD, "--name", name, "--config", "-", input=json.dumps(TWILIO))
    assert (await tidings("vendors", "order", "two", "one"))[0] == 0
    assert (await tidings("vendors", "rate", "one", "20", "--reserve", "0.5"))[0] == 0
    assert (await tidings("vendors", "pause", "one"))[:2] == (0, "one is paused\n")

    _, out, _ = await tidings("vendors", "list", "--application", "bakery", "--json")
    found = [(row["name"], row["state"], row["per_second"]) for row in json.loads(out)["items"]]
    assert found == [("two", "open", None), ("one", "paused", 20)]
    code, out, _ = await tidings("vendors", "show", "one", "--json")
    assert json.loads(out)["config"] == {**TWILIO, "auth_token": "**********"}
    code, out, _ = await tidings("vendors", "show", "one")
    assert (code, "hunter2" in out, "config.sender" in out) == (0, False, True)

    assert (await tidings("vendors", "retire", "two"))[2] == "tidings: pause it first\n"
    assert (await tidings("vendors", "retire", "one"))[0] == 0
    assert (await tidings("vendors", "show", "one"))[2].startswith("tidings: no vendor account")
    code, id, _ = await tidings("vendors", "test", "two", "--to", "+4915112345678")
    assert (code, len(id.strip())) == (0, 36)
    assert (await tidings("vendors", "rate", "two", "x"))[2].startswith("tidings: 'x' is no rate")


async def test_a_key_is_rotated_once_while_both_are_live(tidings) -> None:
    await tidings("applications", "create", "mill")
    create = ("keys", "create", "--application", "mill", "--owner", "me", "--json")
    old = json.loads((await tidings(*create))[1])
    code, out, _ = await tidings("keys", "rotate", old["id"], "--json")
    assert (code, json.loads(out)["scopes"]) == (0, old["scopes"])
    code, _, err = await tidings("keys", "rotate", old["id"])
    assert (code, err.startswith("tidings: it has been rotated")) == (1, True)
