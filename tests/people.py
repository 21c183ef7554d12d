"""A thousand people as a real list has them: many scripts, a hundred broken rows, some repeated.

Every person knows what has to arrive, or how the row has to be refused.
"""

import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOMAIN = "real-input.example.com"
COLUMNS = ("to", "channel", "name", "locale", "time_zone", "template", "data.name", "dedupe_key")

NAMED = [
    ("محمد بن سلمان", "ar-SA", "Asia/Riyadh"),
    ("יעל כהן־לוי", "he", "Asia/Jerusalem"),
    ("王小明", "zh-Hans-CN", "Asia/Shanghai"),
    ("陳𠮷玲", "zh-TW", "Asia/Taipei"),
    ("さとう はなこ", "ja", "Asia/Tokyo"),
    ("สมชาย ใจดี", "th", "Asia/Bangkok"),
    ("अनन्या शर्मा", "hi-IN", "Asia/Kolkata"),
    ("Şebnem İğdır", "tr", "Europe/Istanbul"),
    ("Søren Ångström-Müller", "de-AT", "Europe/Vienna"),
    ("Zoë 👩🏽‍🚀 Stardust", "en", "America/Los_Angeles"),
    ("Nguyễn Thị Mỹ Linh", "vi", "Asia/Ho_Chi_Minh"),
    ("Z̴̡̛̪a̶͓͝l̵̰̾g̷̲̀o̸͓͘", "en-GB", "Europe/London"),
    ("\u200fرنا\u200e (\u202bרנה\u202c)", "ar", "Africa/Cairo"),
    ("Ольга Ёлкина", "ru", "Europe/Moscow"),
    ('Dwayne "The Rock", Johnson', "en_US", "America/New_York"),
    ("O'Brien & <b>Söhne</b>, \\n; GmbH", "de", "Europe/Berlin"),
    ("=cmd|' /C calc'!A0", "pt-BR", "America/Sao_Paulo"),
    ("{{ 7 * 7 }} {% raw %}", "fr", "Pacific/Chatham"),
    ("Αλέξανδρος Παπαδόπουλος", "el", ""),
    ("Adolph " + "Blaine Charles David Earl Frederick Gerald Hubert " * 3 + "Wolfe", "", ""),
    ("김철수", "ko", "Asia/Seoul"),
    ("ნინო ბერიძე", "ka", "Asia/Tbilisi"),
    ("e\u0301a\u0300\u0327 décomposé", "fr-CA", "America/Toronto"),
    ("长" * 200, "zh", "UTC"),
]

# What is wrong: cells that differ ({n}: the row's number), and the field and code of the refusal.
BROKEN: list[tuple[dict[str, str], str, str]] = [
    ({"to": "ada", "channel": "email"}, "to.email", "email_invalid"),
    ({"to": "ada@@example.com"}, "to.email", "email_invalid"),
    ({"to": "ada lovelace@example.com"}, "to.email", "email_invalid"),
    ({"to": "ada@example..com"}, "to.email", "email_invalid"),
    ({"to": "ada@-example.com"}, "to.email", "email_invalid"),
    ({"to": "ada@example.com, bob@example.com"}, "to.email", "email_invalid"),
    ({"to": "Ada <ada@example.com>"}, "to.email", "email_invalid"),
    ({"to": "ada@example.com\nBcc: eve@example.com"}, "to.email", "address_invalid"),
    ({"to": "ada\u200b@example.com"}, "to.email", "address_invalid"),
    ({"to": f"{'a' * 65}@example.com"}, "to.email", "email_invalid"),
    ({"to": f"{'a' * 320}@example.com"}, "to.email", "invalid"),
    ({"to": "+49"}, "to.sms", "phone_invalid"),
    ({"to": "+9991234567890"}, "to.sms", "phone_invalid"),
    ({"to": "01511234567", "channel": "sms"}, "to.sms", "phone_invalid"),
    ({"to": "+49 151 CALL NOW"}, "to.sms", "phone_invalid"),
    ({"to": "++4915112345678"}, "to.sms", "phone_invalid"),
    ({"to": "0"}, "to.telegram", "telegram_invalid"),
    ({"to": "@a b"}, "to.telegram", "telegram_invalid"),
    ({"to": "12.5", "channel": "telegram"}, "to.telegram", "telegram_invalid"),
    ({"to": "Ada"}, "to", "channel_unclear"),
    ({"to": ""}, "to", "to_missing"),
    ({"channel": "fax"}, "channel", "unknown_channel"),
    ({"locale": "English, please"}, "to.locale", "invalid"),
    ({"time_zone": "Mars/Olympus_Mons"}, "to.time_zone", "unknown_time_zone"),
    ({"template": "wellcome"}, "template", "unknown_template"),
    ({"name": "x" * 201}, "to.name", "invalid"),
    ({"name": "Ada\nLovelace"}, "to.name", "invalid"),
    ({"name": ""}, "", "template_undefined"),
    ({"dedupe_key": "k" * 256 + "{n}"}, "dedupe_key", "invalid"),
]
MARKS = {"zh": "欢迎,{}!", "de": "Willkommen, {}!"}


@dataclass(frozen=True)
class Person:
    """A row, with the line it begins on; `field` and `code` if it has to be refused."""

    line: int
    cells: dict[str, str]
    channel: str
    field: str = ""
    code: str = ""
    twin: int = 0  # the line that said the same before

    @property
    def greeting(self) -> str:
        """How the text that arrives begins, name and all."""
        name = self.cells["data.name"] or self.cells["name"]
        return MARKS.get(self.cells["locale"][:2], "Welcome, {}!").format(name)

    @property
    def arrives_at(self) -> str:
        """The address as the vendor sees it."""
        to = self.cells["to"]
        return to.replace(" ", "").replace("-", "") if self.channel == "sms" else to


def thousand() -> list[Person]:
    """The same thousand each time: every tenth row is broken, every twenty-fifth repeated."""
    people: list[Person] = []
    line = 2
    broken = itertools.cycle(BROKEN)
    for n in range(1000):
        if n % 25 == 24:
            person = _twin(people, line)
        elif n % 10 == 3:
            cells, field, code = next(broken)
            good = _good(n, line)
            wrong = {column: cell.replace("{n}", str(n)) for column, cell in cells.items()}
            person = Person(line, {**good.cells, **wrong}, good.channel, field, code)
        else:
            person = _good(n, line)
        people.append(person)
        line += 1 + sum(cell.count("\n") for cell in person.cells.values())
    return people


def write(path: Path, people: list[Person]) -> None:
    """As a spreadsheet saves it: a BOM, CRLF, quotes where they are needed."""
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([person.cells[column] for column in COLUMNS] for person in people)


def by_address(people: list[Person]) -> Iterator[tuple[tuple[str, str], Person]]:
    """Those who must be told, by channel and address."""
    for person in people:
        if not person.code and not person.twin:
            yield (person.channel, person.arrives_at), person


def _good(n: int, line: int) -> Person:
    name, locale, time_zone = NAMED[n % len(NAMED)]
    channel = ("email", "sms", "telegram")[n % 3]
    addresses = {
        "email": f"person{n}@{DOMAIN}" if n % 2 else f"O'Person.{n}+Tag@{DOMAIN}",
        "sms": f"+49 151 {20_000_000 + n}" if n % 2 else f"+49151{20_000_000 + n}",
        "telegram": str(870_000_000 + n),
    }
    # A line break is a name's only where it cannot end in a header.
    given = f"{name[:40]}\nof line {line}" if n % 7 == 0 and channel != "email" else ""
    cells = {
        "to": addresses[channel],
        "channel": channel if n % 5 == 0 else "",
        "name": name,
        "locale": locale,
        "time_zone": time_zone,
        "template": "welcome",
        "data.name": given,
        "dedupe_key": f"real-input-{n}" if n % 11 == 0 else "",
    }
    return Person(line, cells, channel)


def _twin(people: list[Person], line: int) -> Person:
    first = next(p for p in reversed(people[:-3]) if not p.code and not p.twin)
    cells = {**first.cells, "name": "Somebody else", "locale": "fi"}
    if first.channel == "sms":
        cells["to"] = f"{first.arrives_at[:6]}-{first.arrives_at[6:]}"
    return Person(line, cells, first.channel, twin=first.line)
