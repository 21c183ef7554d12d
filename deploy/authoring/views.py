"""Templates and categories as people read them on a terminal."""

from typing import Any

from rich.console import Console
from rich.text import Text

from deploy.authoring.letter import written
from deploy.managing.listing import show_rows
from deploy.sending.account import printable

View = Any
COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def show_templates(_console: Console, page: View) -> None:
    """A line each, by name."""
    columns = ("name", "category", "published", "latest", "channels", "changed (UTC)")
    show_rows(
        columns,
        [
            [
                *(view["name"], view["category"] or "-", _number(view["published"])),
                *(str(view["latest"]), ", ".join(view["channels"]), _state(view)),
            ]
            for view in page["items"]
        ],
    )


def show_template(console: Console, view: View) -> None:
    """Its versions, and who published which."""
    published = _number(view["published"])
    console.print(f"{view['name']}  category {view['category'] or '-'}, published {published}")
    if view["archived_at"]:
        console.print(f"deleted {at(view['archived_at'])}")
    console.print()
    columns = ("version", "channels", "variables", "by", "made (UTC)", "first published (UTC)")
    show_rows(columns, [_version(line, view["published"]) for line in view["versions"]])
    if view["publishes"]:
        console.print()
        rows = [
            [str(line["version"]), line["kind"].replace("_", " "), printable(line["by"]),
             at(line["at"])]
            for line in view["publishes"]
        ]  # fmt: skip
        show_rows(("version", "what", "by", "at (UTC)"), rows)


def show_version(console: Console, view: View) -> None:
    """The whole of it, as `edit` shows it."""
    _lines(console, written(view["content"], view["types"]))


def show_saved(console: Console, view: View) -> None:
    """The number that was given to it."""
    console.print(f"version {view['number']}, a draft")


def show_made(console: Console, view: View) -> None:
    """Its name and first version."""
    console.print(f"{view['name']}  version {view['latest']}, a draft")


def show_published(console: Console, view: View) -> None:
    """What is published now."""
    console.print(f"{view['name']}  published {_number(view['published'])}")


def show_diff(console: Console, diff: View) -> None:
    """As `diff` writes it, and what became of the variables."""
    for part in diff["items"]:
        for line in part["diff"].split("\n")[:-1]:
            console.print(Text(_shown(line), style=COLOURS.get(line[:1], "")))
    for sign, names in (("+", diff["variables_added"]), ("-", diff["variables_removed"])):
        for name in names:
            console.print(Text(f"{sign} variable {printable(name)}", style=COLOURS[sign]))
    for name, (old, new) in diff["types_changed"].items():
        console.print(f"variable {printable(name)}: {old or 'any'} → {new or 'any'}")


def show_preview(console: Console, view: View) -> None:
    """The message as it would be read, and what its author should know."""
    if view["subject"]:
        console.print(f"Subject: {_shown(view['subject'])}\n")
    _lines(console, view["text"])
    if view["html"]:
        console.print("\n--- HTML")
        _lines(console, view["html"])
    if view["segments"]:
        count, encoding = view["segments"]["count"], view["segments"]["encoding"]
        console.print(f"\n{count} segment{'s' if count != 1 else ''}, {encoding}")
    for warning in view["warnings"]:
        words = f"{warning['field']}: {warning['detail']} ({warning['code']})"
        console.print(Text(f"warning: {printable(words)}", style="yellow"))


def show_categories(_console: Console, page: View) -> None:
    """A line each, by name."""
    columns = ("name", "priority", "channels", "expires after", "mandatory", "if in doubt")
    show_rows(columns, [_category(view) for view in page["items"]])


def show_category(console: Console, view: View) -> None:
    """The one line."""
    show_categories(console, {"items": [view]})


def at(time: str | None) -> str:
    """To the second, in UTC."""
    return time[:19].replace("T", " ") if time else "-"


def _category(view: View) -> list[str]:
    fixed = ", fixed" if view["priority_fixed"] else ""
    channels = ", ".join(view["channels"])
    mode = "the first of " if view["channel_mode"] == "first" else ""
    return [
        *(view["name"], f"{view['priority']}{fixed}", f"{mode}{channels}"),
        *(f"{view['expires_after']:,} s", "yes" if view["mandatory"] else "no"),
        view["on_unknown"],
    ]


def _version(line: View, published: int | None) -> list[str]:
    mark = " *" if line["number"] == published else ""
    types = line["types"]
    names = [f"{name}: {types[name]}" if name in types else name for name in line["variables"]]
    return [
        *(f"{line['number']}{mark}", ", ".join(line["channels"])),
        *(printable(", ".join(names)), printable(line["created_by"])),
        *(at(line["created_at"]), at(line["published_at"])),
    ]


def _state(view: View) -> str:
    return "deleted" if view["archived_at"] else at(view["changed_at"])


def _number(version: int | None) -> str:
    return "-" if version is None else str(version)


def _lines(console: Console, text: str) -> None:
    for line in text.removesuffix("\n").split("\n"):
        console.print(_shown(line))


def _shown(line: str) -> str:
    return printable(line.replace("\t", "    "))
