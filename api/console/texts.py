"""The texts of the pages. Their keys are the English ones; `locales/<language>/*.po` the others.

One catalogue for each module of pages: `locales/zh/campaigns.po`. They are compiled in memory.
"""

import gettext
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "locales"
LANGUAGES = {"en": "English", "zh": "简体中文"}
TAGS = {"en": "en", "zh": "zh-Hans"}
LOCALES = {"en": Locale.parse("en_GB"), "zh": Locale.parse("zh_Hans_CN")}


def label(text: str) -> str:
    """Marks a text that a template translates later, such as a module's constant."""
    return text


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Of one language; English is what the keys say."""
    if language == "en":
        return gettext.NullTranslations()
    whole = Catalog(locale=str(LOCALES[language]))
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=str(LOCALES[language])):
                if message.id:
                    whole.add(message.id, message.string, context=message.context)
    compiled = BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def preferred(accepted: str) -> str:
    """The first of our languages in an Accept-Language header; English if there is none."""
    wanted: list[tuple[float, str]] = []
    for part in accepted.split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((-float(weight or 1), tag.partition("-")[0].lower()))
        except ValueError:
            continue
    return next((tag for _, tag in sorted(wanted, key=lambda w: w[0]) if tag in LANGUAGES), "en")
