"""Every text that the pages use is there in each language, and none is there in vain."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from console_visitors import Desk

from api.console import rendering, texts
from api.vendor_settings import settings_of, vendors
from models.campaign import CampaignMove, CampaignStatus
from models.messages import Channel
from models.roles import Role

CONSOLE = Path(rendering.__file__).parent
OTHERS = [language for language in texts.LANGUAGES if language != "en"]
PLACES = re.compile(r"%\((\w+)\)[sd]")
MARKS = {"text", "label", "texts"}  # of Python: visit.text, texts.label
WORDS = {
    *Role,
    *CampaignStatus,
    *CampaignMove,
    *Channel,
    "created", "changed", "approval", "approval refused", "approval reminder",
    "approval code given",
    "canary passed", "canary failed", "test sent", "archived", "sent", "refused", "suppressed",
    "expired", "unknown", "failed", "active", "disabled", "closed", "queued", "sending",
    *(setting.name for vendor, _ in vendors() for setting in settings_of(vendor)),
}  # fmt: skip


def used_in_templates() -> Iterator[tuple[str, str]]:
    environment = rendering.environment("en")
    for path in sorted(rendering.FOLDER.rglob("*.html")):
        for _, _, message in environment.extract_translations(path.read_text()):
            for text in message if isinstance(message, tuple) else (message,):
                if text is not None:
                    yield str(path.relative_to(CONSOLE)), text


def used_in_code() -> Iterator[tuple[str, str]]:
    for path in sorted(CONSOLE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            first = node.args[0]
            if name in MARKS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield path.name, first.value


USED = {text: place for place, text in [*used_in_templates(), *used_in_code()]}


def catalogue(language: str) -> dict[tuple[str | None, str], Any]:
    found: dict[tuple[str | None, str], Any] = {}
    for path in sorted((texts.FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id:
                    ids = message.id if isinstance(message.id, tuple) else (message.id,)
                    found |= {(message.context, id): message.string for id in ids}
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_there(language: str) -> None:
    there = catalogue(language)
    missing = {text: place for text, place in USED.items() if not _said(there, (None, text))}
    assert not missing


@pytest.mark.parametrize("language", OTHERS)
def test_every_word_for_our_codes_is_there(language: str) -> None:
    there = catalogue(language)
    words = {str(word).replace("_", " ") for word in WORDS}
    assert not {word for word in words if not _said(there, ("word", word))}


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_there_in_vain_and_each_keeps_its_places(language: str) -> None:
    for (context, text), said in catalogue(language).items():
        if context is None:
            assert text in USED, "nothing uses it"
        for one in said if isinstance(said, tuple) else (said,):
            assert _places(one) == _places(text), text
            assert "%" not in PLACES.sub("", one).replace("%%", ""), f"no place: {one}"


async def test_a_page_is_in_the_visitor_s_language(desk: Desk) -> None:
    browser = desk.browser()
    page = (await browser.get("/login", headers={"Accept-Language": "fr, zh-TW;q=0.8"})).text
    assert '<html lang="zh-Hans"' in page
    assert "登录" in page
    answer = await browser.send("/login", "/preferences", language="en", next="/console/login")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/login")
    page = (await browser.get("/login", headers={"Accept-Language": "zh"})).text
    assert '<html lang="en"' in page


async def test_times_are_in_the_zone_that_was_chosen(desk: Desk) -> None:
    browser = await desk.at_work("admin")
    fields = {"name": "Ada", "language": "zh", "time_zone": "Asia/Shanghai"}
    assert (await browser.send("/account", "/account", **fields)).status_code == 303
    page = await browser.page("/account")
    assert 'value="Asia/Shanghai"' in page
    assert '<html lang="zh-Hans"' in page
    assert "已保存" in page
    assert "已保存" not in await browser.page("/account")  # it is told once


@pytest.mark.parametrize(
    ("accepted", "found"),
    [("", "en"), ("zh", "zh"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en;q=0.1, zh;q=0.2", "zh"),
     ("de, fr", "en"), ("zh;q=x", "en"), (";;,,", "en"), ("de, en;q=0.3, zh;q=0.1", "en")],
)  # fmt: skip
def test_the_first_of_our_languages_is_taken(accepted: str, found: str) -> None:
    assert texts.preferred(accepted) == found


def _places(text: str) -> set[str]:
    """But for a plural's number, which the singular may leave out."""
    return set(PLACES.findall(text)) - {"num"}


def _said(there: dict[tuple[str | None, str], Any], key: tuple[str | None, str]) -> bool:
    return bool(there.get(key))
