"""What `create` and `edit` say of a campaign: their options, and the body that the API takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from typer import Option

from deploy.sending.refusals import CannotRead

NONE = "none"  # takes away what was there
PLAIN = ("template", "category", "off_hours", "expires_in", "approval_within")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The options as they came; None where nothing was said."""

    template: Annotated[str | None, Option(help="A published template's name.")] = None
    subject: Annotated[str | None, Option(help="Instead of a template: the email's.")] = None
    html_file: Annotated[Path | None, Option(help="Instead of a template: the email's.")] = None
    text_file: Annotated[Path | None, Option(help="Instead of a template.")] = None
    text: Annotated[str | None, Option(help="Instead of a template.")] = None
    category: Annotated[str | None, Option(help="newsletter …")] = None
    audience: Annotated[UUID | None, Option(help="Whom: an uploaded audience's id.")] = None
    file: Annotated[Path | None, Option(help="Whom: CSV or NDJSON, uploaded first.")] = None
    group: Annotated[str | None, Option(help="Whom: everybody of this group.")] = None
    everyone: Annotated[bool, Option("--everyone", help="Whom: all profiles.")] = False
    data: Annotated[
        list[str] | None, Option(help="A variable of the template: sale=May. Repeat it.")
    ] = None
    send_at: Annotated[str | None, Option(help="2030-01-31T09:00:00+01:00, or none.")] = None
    off_hours: Annotated[
        bool | None, Option("--off-hours/--at-any-hour", help="Only in the off-hours window.")
    ] = None
    per_second: Annotated[str | None, Option(help="At most so many a second, or none.")] = None
    canary: Annotated[
        str | None, Option(help="Percent to go first[:most failures percent]: 1:5, or none.")
    ] = None
    expires_in: Annotated[int | None, Option(help="Seconds from its start; then no more.")] = None
    approval_within: Annotated[int | None, Option(help="Seconds from its submission.")] = None

    def body(self) -> dict[str, Any]:
        """All but inline content, whose shape depends on the channel."""
        body = {name: getattr(self, name) for name in PLAIN if getattr(self, name) is not None}
        if self.group is not None:  # an empty word is refused, not passed over
            body["audience"] = {"group": self.group}
        if self.everyone:
            body["audience"] = {"everyone": True}
        if self.audience:
            body["audience"] = {"audience_id": str(self.audience)}
        if self.data:
            body["data"] = variables(self.data)
        if self.per_second is not None:
            body["per_second"] = rate(self.per_second)
        if self.canary is not None:
            body["canary"] = canary(self.canary)
        if self.send_at is not None:
            body["send_at"] = None if self.send_at == NONE else self.send_at
        return body

    @property
    def speaks(self) -> bool:
        """Does it say something about inline content?"""
        said = (self.subject, self.html_file, self.text_file, self.text)
        return any(each is not None for each in said)

    def content(self, channel: str, before: Mapping[str, str]) -> dict[str, Any]:
        """Inline content, over what was there before."""
        if channel != "email" and (self.subject or self.html_file):
            raise CannotRead(f"--subject and --html-file are an email's; {channel} has a text")
        html = _read(self.html_file) if self.html_file else None
        text = _read(self.text_file) if self.text_file else self.text
        parts = {"subject": self.subject, "html": html, "text": text}
        return {channel: {**before, **{k: v for k, v in parts.items() if v is not None}}}

    def check(self) -> None:
        """CannotRead where two options say the same; before anything is uploaded."""
        whom = (self.audience, self.file, self.group, self.everyone or None)
        if sum(each is not None for each in whom) > 1:
            raise CannotRead("give one of --audience, --file, --group and --everyone")
        if self.template and self.speaks:
            raise CannotRead("give --template, or --subject, --html-file and --text; not both")
        if self.text and self.text_file:
            raise CannotRead("give --text or --text-file, not both")


def variables(pairs: Sequence[str]) -> dict[str, str]:
    """Of `--data name=value`, repeated."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise CannotRead(f"--data {pair!r}: want name=value")
        found[name] = value
    return found


def rate(said: str) -> float | None:
    """Messages a second; None: as many as the account allows."""
    if said == NONE:
        return None
    return _number(said, f"{said!r} is no rate: want messages a second, or {NONE}")


def canary(said: str) -> dict[str, float] | None:
    """Of `percent`, or `percent:most failures percent`."""
    if said == NONE:
        return None
    percent, colon, most = said.partition(":")
    words = f"--canary {said!r}: want percent, or percent:most failures percent, such as 1:5"
    more = {"most_failures_percent": _number(most, words)} if colon else {}
    return {"percent": _number(percent, words), **more}


def _number(said: str, words: str) -> float:
    try:
        number = float(said)
    except ValueError:
        number = nan
    if not isfinite(number):  # as `inf` is, which no JSON can say
        raise CannotRead(words)
    return number


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CannotRead(f"cannot read {path} ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise CannotRead(f"{path} is not UTF-8 (byte {error.start})") from None
