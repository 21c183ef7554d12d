"""`tidings vendors`: settings go in checked and sealed, and never come out."""

import json

import asyncpg
import pytest

TWILIO = {"account_sid": "AC1", "auth_token": "hunter2", "sender": "+15005550006"}
TO_ADD = {
    "--application": "shop",
    "--channel": "sms",
    "--vendor": "twilio",
    "--name": "main",
    "--rank": "1",
    "--config": "-",
}


def add(**changed: str) -> list[str]:
    options = {**TO_ADD, **{f"--{name.replace('_', '-')}": v for name, v in changed.items()}}
    return ["vendors", "add", *(word for pair in options.items() for word in pair)]


@pytest.fixture
async def shop(tidings):
    await tidings("keys", "create", "--application", "shop", "--owner", "me", "--new-application")
    return tidings


async def test_an_account_is_sealed_listed_and_given_new_settings(shop, database_url) -> None:
    given = json.dumps(TWILIO)
    code, out, err = await shop(*add(per_second="5"), input=given)
    assert (code, out, err) == (0, "main added: twilio, sms\n", "")
    code, out, _ = await shop(*add(), input=given.replace("hunter2", "hunter3"))
    assert (code, out) == (0, "main has these settings now: twilio, sms\n")
    _, out, _ = await shop("vendors", "list")
    assert out.splitlines()[1].split() == ["main", "shop", "sms", "twilio", "1", "5", "open"]
    connection = await asyncpg.connect(database_url)
    sealed = await connection.fetchval("SELECT sealed_config FROM vendor_account")
    await connection.close()
    assert sealed.startswith(b"k1:")
    assert b"hunter" not in sealed


async def test_no_kept_secret_goes_to_another_host(shop, database_url) -> None:
    mail = {"host": "mail.example.com", "sender": "a@example.com", "message_id_domain": "x.example"}
    secret = {"username": "tidings", "password": "hunter2"}
    options = add(name="mail", vendor="smtp", channel="email")
    await shop(*options, input=json.dumps(mail | secret))
    code, out, err = await shop(*options, input=json.dumps({**mail, "host": "evil.example"}))
    assert (code, err) == (0, ""), "all settings are written anew"
    _, out, _ = await shop("vendors", "show", "mail", "--json")
    assert json.loads(out)["config"] == {**mail, "host": "evil.example"}


@pytest.mark.parametrize(
    ("changed", "config", "says"),
    [
        ({}, {"account_sid": "AC1", "auth_token": "hunter2"}, "twilio: sender: Field required"),
        ({}, {**TWILIO, "auth_token": "hunter2 "}, "twilio: auth_token: Value error, must be"),
        ({}, {**TWILIO, "auth_token": None}, "twilio: Value error, auth_token, or an API key"),
        ({}, {**TWILIO, "base_ulr": "x"}, "twilio: base_ulr: Extra inputs are not permitted"),
        (
            {},
            {**TWILIO, "auth_token": "*" * 10},
            "--config: auth_token is what stands for a secret",
        ),
        ({}, ["hunter2"], "--config -: want a JSON object of the vendor's fields"),
        ({"vendor": "twilo"}, TWILIO, "--vendor 'twilo': there are sendgrid, smtp, telegram"),
        ({"channel": "email"}, TWILIO, "--channel email: twilio is for sms"),
        ({"rank": "0"}, TWILIO, "--rank 0: want 1 (the first) to 1000"),
        ({"per_second": "nan"}, TWILIO, "--per-second nan: want 0.00001 to 1,000,000"),
        ({"per_second": "1e-300"}, TWILIO, "--per-second 1e-300: want 0.00001 to 1,000,000"),
        ({"name": " "}, TWILIO, "--name ' ': want 1 to 100 characters"),
        ({"application": "shpo"}, TWILIO, "no application 'shpo'; there are shop."),
        ({"config": json.dumps(TWILIO)}, TWILIO, "--config: settings hold credentials"),
        ({"config": "/nowhere"}, TWILIO, "--config /nowhere: cannot be read (No such file"),
    ],
)
async def test_what_no_worker_could_open_is_refused_by_option_or_field(
    shop, changed: dict[str, str], config: object, says: str
) -> None:
    code, out, err = await shop(*add(**changed), input=json.dumps(config))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"tidings: {says}")
    assert "hunter2" not in err


async def test_another_rank_under_the_same_name_is_refused(shop) -> None:
    await shop(*add(name="one"), input=json.dumps(TWILIO))
    code, _, err = await shop(*add(name="one", rank="2"), input=json.dumps(TWILIO))
    assert code == 1
    assert "with rank 1, which stay as they are" in err


async def test_without_a_keyring_nothing_is_kept(shop) -> None:
    code, _, err = await shop(*add(name="two"), input=json.dumps(TWILIO), TIDINGS_SECRET_KEYS="")
    assert (code, err) == (1, "tidings: TIDINGS_SECRET_KEYS is empty\n")
