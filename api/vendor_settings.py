"""Settings of vendor accounts: checked as a worker would open them, and shown without secrets.

The one place where the API asks the adapters (`activities.vendor`): only they know their fields.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from activities.vendor import VENDORS, load, vendor_class
from models.errors import Invalid, Misconfigured
from models.messages import Channel
from models.repositories import vendor_accounts
from models.seal import Keyring

MASK = "**********"  # what pydantic writes for a secret

Kind = Literal["secret", "choice", "flag", "number", "list", "text"]
KINDS: dict[str, Kind] = {
    "boolean": "flag", "integer": "number", "number": "number", "array": "list",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a vendor's settings, for a form; `choices`: what a choice is of.

    `leads`: it says where the account's secrets go. A value in `safe` may be given without them.
    """

    name: str
    kind: Kind
    required: bool
    default: Any
    choices: tuple[str, ...] = ()
    leads: bool = False
    safe: tuple[Any, ...] = ()


def settings_of(vendor: str) -> list[Setting]:
    """What an account at this vendor is asked for, as its `Config` has it."""
    channel_of(vendor)
    schema = vendor_class(vendor).Config.model_json_schema()
    required = schema.get("required", ())
    return [_setting(name, said, name in required) for name, said in schema["properties"].items()]


def vendors() -> list[tuple[str, Channel]]:
    """All that there are, each with what it serves."""
    return [(name, vendor_class(name).channel) for name in VENDORS]


def channel_of(vendor: str) -> Channel:
    """The channel it serves; Invalid if there is no such vendor."""
    if vendor not in VENDORS:
        there = ", ".join(VENDORS)
        raise Invalid(f"there are {there}", field="vendor", limit=there, reason="unknown_vendor")
    return vendor_class(vendor).channel


def checked(vendor: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings, if a worker could open an account with them; Invalid names the field."""
    for name, value in config.items():
        if value == MASK:
            raise Invalid(
                "this is what stands for a secret: leave it out to keep the secret",
                field=f"config.{name}",
                reason="masked",
            )
    try:
        load(vendor, config)
    except Misconfigured as error:
        said = str(error).removeprefix(f"{vendor}: ").removeprefix(f"{error.field}: ")
        field = f"config.{error.field}" if error.field else "config"
        said = said.removeprefix(": ").removeprefix("Value error, ")
        raise Invalid(said, field=field, reason="invalid_config") from None
    return config


def changed(vendor: str, before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Some fields anew, null takes one away; the rest stays as it is.

    Invalid if a secret that stays would go to another place than before, or less guarded: who does
    not know it could have it sent to a server of his own.
    """
    after = {name: v for name, v in {**before, **changes}.items() if v is not None}
    checked(vendor, after)
    settings = settings_of(vendor)
    secrets = [one.name for one in settings if one.kind == "secret"]
    staying = [name for name in secrets if name in after and name not in changes]
    moved = _moved(vendor, settings, before, after)
    if staying and moved:
        raise Invalid(
            f"give {', '.join(staying)} again in this change:"
            f" what is kept does not go to another {', '.join(moved)}",
            field=f"config.{staying[0]}",
            reason="secret_needed",
        )
    return after


def shown(row: Mapping[str, Any], keyring: Keyring) -> dict[str, Any] | None:
    """The settings that were given, secrets masked; None if no key of ours opens them."""
    try:
        config = vendor_accounts.opened(row, keyring)
        adapter = vendor_class(str(row["vendor"]))
        settings = adapter.Config.model_validate(config)
    except (Misconfigured, ValueError):
        return None
    masked: dict[str, Any] = settings.model_dump(mode="json", exclude_unset=True)
    return masked


def _moved(
    vendor: str, settings: list[Setting], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[str]:
    """The destinations that are others now: as a worker reads them, defaults and all."""
    read = vendor_class(vendor).Config.model_validate
    leading, now = [one for one in settings if one.leads], read(after)
    try:
        was = read(before)
    except ValueError:  # of settings that this adapter does not read, nobody knows where they led
        return [one.name for one in leading]
    return [
        one.name
        for one in leading
        if (value := getattr(now, one.name)) != getattr(was, one.name) and value not in one.safe
    ]


def _setting(name: str, said: Mapping[str, Any], required: bool) -> Setting:
    given = {**said, **said.get("anyOf", [{}])[0]}  # a field that may be null: of what it else is
    kind = KINDS.get(given["type"], "text")
    if given.get("writeOnly"):
        kind = "secret"
    elif "enum" in given:
        kind = "choice"
    choices, there = tuple(given.get("enum", ())), given.get("destination", {})
    leads, safe = there.get("leads", False), tuple(there.get("safe", ()))
    return Setting(name, kind, required, said.get("default"), choices, leads, safe)
