"""From a row to an item of the batch: what a flag says fills what the row does not.

The API is the judge of what an item says; here only its shape is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.errors import Invalid
from models.messages import Channel

CHANNELS = tuple(channel.value for channel in Channel)
PERSON = ("name", "locale", "time_zone")  # of `to`
MERGED = ("data", "metadata")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the flags say of every row. `item` has the API's fields, `person` those of `to`."""

    channel: str | None = None
    person: Mapping[str, str] = field(default_factory=dict)
    item: Mapping[str, Any] = field(default_factory=dict)


def item_of(raw: Mapping[str, Any], defaults: Defaults) -> dict[str, Any]:
    """The item that the API takes; Invalid if it cannot be told whom it is for."""
    own = dict(raw)
    to = _to(own, defaults)
    given = dict(defaults.item)
    if "template" in own or "content" in own:
        given.pop("template", None)
        given.pop("content", None)
    item = {"to": to, **given, **own}
    for name in MERGED:
        mine, theirs = given.get(name), own.get(name)
        if mine and isinstance(theirs, dict):
            item[name] = {**mine, **theirs}
    return item


def _to(own: dict[str, Any], defaults: Defaults) -> Any:
    """Takes from the row what belongs into `to`."""
    to = own.pop("to", None)
    if isinstance(to, dict):
        return {**defaults.person, **to}
    if to is None or to == "":
        raise Invalid("nobody: the address is missing", field="to", reason="to_missing")
    if not isinstance(to, str | int) or isinstance(to, bool):
        raise Invalid("neither an address nor an object", field="to", reason="invalid")
    channel = own.pop("channel", None) or defaults.channel or channel_of(str(to))
    if channel not in CHANNELS:
        raise Invalid(
            f"no such channel; there are {', '.join(CHANNELS)}",
            field="channel",
            reason="unknown_channel",
        )
    person = {name: own.pop(name) for name in PERSON if name in own}
    return {channel: str(to), **defaults.person, **person}


def channel_of(address: str) -> str:
    """The channel that the form of an address tells; Invalid if it tells none."""
    if address.lower().startswith("https://"):
        return Channel.WEBHOOK.value
    if address.startswith("+"):
        return Channel.SMS.value
    if address.lstrip("-").isdecimal() or address.startswith("@"):
        return Channel.TELEGRAM.value
    if "@" in address:
        return Channel.EMAIL.value
    raise Invalid(
        "its form tells no channel (name@example.com, +4915112345678, 123456789,"
        " https://example.com/hook); name it in the column `channel`, or with --channel",
        field="to",
        reason="channel_unclear",
    )
