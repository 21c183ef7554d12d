"""A version as one text file, for an editor: what it declares, then each part under its path.

    === variables
    order: string
    === email/default/subject
    Your order {{ order }}

A part is every line up to the next head, without the last line break. A line of a part that looks
like a head has a backslash before it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.sending.refusals import CannotRead

HEAD = "=== "
ESCAPE = "\\"
VARIABLES = "variables"
ORDER = ("subject", "html", "text")

Content = Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Letter:
    """A content, its variables if they are declared, and the line of the file of each part."""

    content: dict[str, dict[str, dict[str, str]]]
    variables: dict[str, str] | None
    lines: Mapping[str, int]  # content.email.default.html → where its first line is

    def body(self) -> dict[str, Any]:
        """As the API takes it."""
        declared = {} if self.variables is None else {"variables": self.variables}
        return {"content": self.content, **declared}


def written(content: Content, variables: Mapping[str, str]) -> str:
    """The file of a version; `variables`: those that are declared."""
    sections = [("/".join(path), text) for path, text in sorted(_parts(content), key=_rank)]
    if variables:
        words = "\n".join(f"{name}: {kind}" for name, kind in sorted(variables.items()))
        sections.insert(0, (VARIABLES, words))
    return "".join(f"{HEAD}{head}\n{_escaped(text)}\n" for head, text in sections)


def read(text: str) -> Letter:
    """What a file says; CannotRead names the line that makes no sense."""
    content: dict[str, dict[str, dict[str, str]]] = {}
    variables: dict[str, str] | None = None
    lines: dict[str, int] = {}
    for head, first, section in _sections(text):
        if head == VARIABLES:
            variables = _declared(section, first)
            continue
        path = head.split("/")
        if len(path) != 3 or not all(path):
            detail = "want channel/locale/part, such as email/default/html"
            raise CannotRead(f"line {first - 1}: {HEAD}{head}: {detail}")
        channel, locale, part = path
        parts = content.setdefault(channel, {}).setdefault(locale, {})
        if part in parts:
            raise CannotRead(f"line {first - 1}: {head} is there twice")
        parts[part] = "\n".join(line.removeprefix(ESCAPE) if _is_escaped(line) else line
                                for line in section)  # fmt: skip
        lines[".".join(("content", *path))] = first
    if not content:
        raise CannotRead(f"no part: want a line such as {HEAD}email/default/subject")
    return Letter(content, variables, lines)


def _sections(text: str) -> Iterator[tuple[str, int, list[str]]]:
    """Each head, the number of the line behind it, and its lines."""
    head, first, section = "", 0, list[str]()
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        if line.startswith(HEAD):
            if head:
                yield head, first, section
            head, first, section = line.removeprefix(HEAD).strip(), number + 1, []
        elif head:
            section.append(line)
        elif line.strip():
            raise CannotRead(f"line {number}: before the first head, which begins with {HEAD}")
    if head:
        yield head, first, section


def _declared(section: list[str], first: int) -> dict[str, str]:
    found = {}
    for number, line in enumerate(section, first):
        name, colon, kind = line.partition(":")
        if not line.strip():
            continue
        if not colon or not name.strip() or not kind.strip():
            raise CannotRead(f"line {number}: want a variable and its type, such as order: string")
        found[name.strip()] = kind.strip()
    return found


def _parts(content: Content) -> Iterator[tuple[tuple[str, str, str], str]]:
    for channel, locales in content.items():
        for locale, parts in locales.items():
            for part, text in parts.items():
                yield (channel, locale, part), text


def _rank(path_and_text: tuple[tuple[str, str, str], str]) -> tuple[str, bool, str, int]:
    """The default locale first, and parts as they are read: a database keeps no order."""
    channel, locale, part = path_and_text[0]
    return channel, locale != "default", locale, (*ORDER, part).index(part)


def _escaped(text: str) -> str:
    return "\n".join(
        f"{ESCAPE}{line}" if line.startswith(HEAD) or _is_escaped(line) else line
        for line in text.split("\n")
    )


def _is_escaped(line: str) -> bool:
    return line.startswith(ESCAPE) and line.lstrip(ESCAPE).startswith(HEAD)
