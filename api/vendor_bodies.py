"""What callers send about vendor accounts."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from api.bodies import Body
from api.fields import ONE_LINE, Counted
from models.messages import Channel
from models.rates import LEAST_PER_SECOND

MOST_PER_SECOND = 1_000_000
RESERVE = 0.2

AccountName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=ONE_LINE)]
Rank = Annotated[
    int, Field(ge=1, le=1000, description="1 is asked first, the next ones stand by"), Counted
]
Config = Annotated[
    dict[str, JsonValue],
    Field(max_length=100, description="the vendor's fields; secrets are sealed, never given back"),
]
SETTINGS: dict[str, Any] = {
    "account_sid": "AC00000000000000000000000000000001",
    "auth_token": "a-secret",
    "sender": "+15005550006",
}


class AccountRate(Body):
    """How many messages a second it is given; low priority leaves the share `reserve` to others."""

    per_second: Annotated[float, Field(ge=LEAST_PER_SECOND, le=MOST_PER_SECOND), Counted]
    reserve: Annotated[float, Field(ge=0, le=0.9), Counted] = RESERVE


class VendorAccountCreate(Body):
    """An account at a vendor, which says what channel it is for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "twilio-main",
                    "vendor": "twilio",
                    "config": SETTINGS,
                    "rank": 1,
                    "rate": {"per_second": 20},
                },
                {
                    "name": "relay",
                    "vendor": "smtp",
                    "config": {
                        "host": "mail.example.com",
                        "username": "tidings",
                        "password": "a-secret",
                        "sender": "Example <news@example.com>",
                        "message_id_domain": "example.com",
                    },
                },
            ]
        }
    )

    name: AccountName
    vendor: Annotated[str, Field(max_length=40, examples=["twilio"])]
    config: Config
    rank: Rank = 1
    rate: AccountRate | None = None


class VendorAccountPatch(Body):
    """What shall change. `config`: these fields anew, null takes one away, the others stay.

    What says where calls go, or how they are guarded (`base_url`; of SMTP `host`, `port`, `tls` and
    `verify`), changes with all kept secrets given again: else 422 `secret_needed`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"rate": {"per_second": 50, "reserve": 0.1}},
                {"config": {"auth_token": "a-newer-secret"}, "rank": 2, "revision": 1},
                {"rate": None},
            ]
        }
    )

    name: AccountName | None = None
    config: Config | None = None
    rank: Rank | None = None
    rate: AccountRate | None = None
    revision: int | None = Field(
        None, ge=0, le=2**31 - 1, description="as you read it: refused if it was changed since"
    )


class VendorOrder(Body):
    """All accounts of a channel, the first one to ask first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"channel": "telegram", "accounts": ["01890000-0000-7000-8000-000000000001"]}
            ]
        }
    )

    channel: Channel
    accounts: Annotated[list[UUID], Field(min_length=1, max_length=1000)]


class VendorTest(Body):
    """Where to send a real message, through this account and no other."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "+4915112345678"}]})

    to: Annotated[str, Field(min_length=1, max_length=2048)]
    category: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
