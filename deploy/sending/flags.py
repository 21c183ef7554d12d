"""What the flags of `tidings send` say: of the one notification, or of every row of a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.sending.items import CHANNELS, Defaults
from deploy.sending.refusals import CannotRead


@dataclass(frozen=True, slots=True)
class Flags:
    """The options as they came, by the API's names; None where nothing was said."""

    to: Mapping[str, str | None]
    person: Mapping[str, str | None]
    content: Mapping[str, str | None]  # subject, text, html, body
    item: Mapping[str, Any]
    data: Sequence[str]
    metadata: Sequence[str]
    channels: str | None
    channel: str | None
    dedupe_key: str | None


def one(flags: Flags) -> dict[str, Any]:
    """The row of the one notification; CannotRead if it is for nobody, or says nothing."""
    to = _given(flags.to)
    if not to:
        raise CannotRead(
            "whom to tell? Give --email, --sms, --telegram, --webhook, --profile or"
            " --external-id, or a file (`tidings send --help`)"
        )
    if not flags.item["template"] and not _given(flags.content):
        raise CannotRead(
            "what to tell? Give --template, or --subject, --text and --html, or --body"
        )
    return {"to": to, **({"dedupe_key": flags.dedupe_key} if flags.dedupe_key else {})}


def check_for_file(flags: Flags) -> None:
    """CannotRead if a flag says what only rows can say."""
    if to := _given(flags.to):
        raise CannotRead(f"a file says whom to tell: leave out --{next(iter(to))}, or the file")
    if flags.dedupe_key:
        raise CannotRead("--dedupe-key is for one notification; in a file it is a column")
    if flags.channel and flags.channel not in CHANNELS:
        raise CannotRead(f"--channel {flags.channel!r}: there are {', '.join(CHANNELS)}")


def defaults(flags: Flags) -> Defaults:
    """What holds for the one notification, and for each row that does not say otherwise."""
    item = _given(flags.item)
    if content := _content(flags.content):
        if "template" in item:
            raise CannotRead("give --template, or --subject, --text, --html and --body; not both")
        item["content"] = content
    if flags.channels:
        item["channels"] = [word.strip() for word in flags.channels.split(",")]
    for name, pairs in (("data", flags.data), ("metadata", flags.metadata)):
        if pairs:
            item[name] = dict(_pair(name, pair) for pair in pairs)
    return Defaults(flags.channel, _given(flags.person), item)


def _content(parts: Mapping[str, str | None]) -> dict[str, dict[str, str]]:
    given = _given(parts)
    content: dict[str, dict[str, str]] = {}
    if "subject" in given:
        content["email"] = {name: part for name, part in given.items() if name != "body"}
    elif "html" in given:
        raise CannotRead("--html is an email's: it needs a --subject")
    if "text" in given:
        content["sms"] = content["telegram"] = {"text": given["text"]}
    if "body" in given:
        content["webhook"] = {"body": given["body"]}
    return content


def _pair(option: str, pair: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    if not equals or not name:
        raise CannotRead(f"--{option} {pair!r}: want name=value")
    return name, value


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
