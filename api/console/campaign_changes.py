"""What changed in a campaign since it was last decided on, line by line, for an approver."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import orjson

from api.console.texts import label

NAMES = {
    "channel": label("Channel"),
    "category": label("Category"),
    "template": label("Template"),
    "version": label("Version of the template"),
    "data": label("Data"),
    "audience": label("Audience"),
    "people": label("People"),
    "send_at": label("Send at"),
    "off_hours": label("Off-hours"),
    "expires_in": label("Expires after (seconds)"),
    "canary": label("Canary"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed: `lines` are pairs of kind (` `, `-`, `+`) and text."""

    name: str
    lines: list[tuple[str, str]]


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """What is different, in the order in which it is read."""
    old, new = _flat(before), _flat(now)
    return [
        Change(name, _lines(old.get(name, ""), new.get(name, "")))
        for name in [*new, *(name for name in old if name not in new)]
        if old.get(name, "") != new.get(name, "")
    ]


def _flat(saw: Mapping[str, Any]) -> dict[str, str]:
    said = {name: _text(saw.get(name)) for name in NAMES}
    for channel, locales in (saw.get("content") or {}).items():
        for locale, parts in locales.items():
            for part, text in parts.items():
                said[f"{channel} · {locale} · {part}"] = _text(text)
    return said


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _lines(old: str, new: str) -> list[tuple[str, str]]:
    was, becomes = old.splitlines(), new.splitlines()
    found: list[tuple[str, str]] = []
    matcher = SequenceMatcher(None, was, becomes, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            found += [(" ", line) for line in was[i1:i2]]
            continue
        found += [("-", line) for line in was[i1:i2]]
        found += [("+", line) for line in becomes[j1:j2]]
    return found
