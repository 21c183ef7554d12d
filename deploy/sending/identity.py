"""Whom an item is for, and when two items of a file are the same one."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from models.addresses import normalise
from models.errors import Invalid
from models.messages import Channel


@dataclass(frozen=True, slots=True)
class Identity:
    """`same` is equal for two items that are the same; empty if that cannot be told.

    `channel` and `address` are empty for a profile, and for several addresses at once.
    """

    same: bytes
    why: str  # "same email address and template"
    field: str
    channel: str = ""
    address: str = ""


def identity(item: Mapping[str, Any]) -> Identity:
    """By its dedupe key if it has one, else by everybody it is for and its template."""
    addresses = _addresses(item["to"])
    channel, address = next(iter(addresses.items())) if len(addresses) == 1 else ("", "")
    if key := item.get("dedupe_key"):
        same = _digest("key", key)
        return Identity(same, "same dedupe_key", "dedupe_key", channel, address)
    whom = addresses or _profile(item["to"])
    content = item.get("template") or item.get("content")
    same = _digest("to", sorted(whom.items()), content) if whom else b""
    words = " and ".join(whom).replace("_", " ")
    what = "template" if item.get("template") else "content"
    address_word = " address" if addresses else ""
    return Identity(same, f"same {words}{address_word} and {what}", "to", channel, address)


def _addresses(to: Any) -> dict[str, str]:
    """Channel → address in its one form; nothing if one has none: the API will refuse it."""
    try:
        return {
            channel.value: normalise(channel, str(to[channel.value]), "to")
            for channel in Channel
            if to.get(channel.value) is not None
        }
    except Invalid:
        return {}


def _profile(to: Any) -> dict[str, str]:
    return {
        name: to[name]
        for name in ("profile_id", "external_id")
        if isinstance(to.get(name), str) and to[name]
    }


def _digest(*parts: Any) -> bytes:
    return sha256(orjson.dumps(parts)).digest()[:16]
