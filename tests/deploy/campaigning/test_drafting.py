"""What the options of a draft say, and what makes no sense."""

from pathlib import Path
from uuid import UUID

import pytest

from deploy.campaigning.drafting import Draft, canary, rate
from deploy.sending.refusals import CannotRead

ID = UUID("01a20f53-3b94-7620-8697-b7c062ef8762")


def test_only_what_was_said_is_in_the_body() -> None:
    assert Draft().body() == {}
    draft = Draft(audience=ID, off_hours=False, data=["sale=May=June"], canary="1:2.5")
    assert draft.body() == {
        "audience": {"audience_id": str(ID)},
        "off_hours": False,
        "data": {"sale": "May=June"},
        "canary": {"percent": 1, "most_failures_percent": 2.5},
    }


def test_none_takes_away_what_was_there() -> None:
    draft = Draft(send_at="none", per_second="none", canary="none")
    assert draft.body() == {"send_at": None, "per_second": None, "canary": None}


def test_an_empty_word_is_not_passed_over() -> None:
    assert Draft(group="", send_at="").body() == {"audience": {"group": ""}, "send_at": ""}
    assert Draft(text="").speaks
    for draft in (Draft(per_second=""), Draft(canary="")):
        with pytest.raises(CannotRead):
            draft.body()


def test_content_goes_over_what_was_there_before(tmp_path: Path) -> None:
    html = tmp_path / "news.html"
    html.write_text("\ufeff<p>News</p>")
    draft = Draft(html_file=html)
    before = {"subject": "News", "html": "<p>Old</p>"}
    assert draft.content("email", before) == {"email": {"subject": "News", "html": "<p>News</p>"}}
    assert Draft(text="News").content("sms", {}) == {"sms": {"text": "News"}}


@pytest.mark.parametrize(
    "draft",
    [
        Draft(group="staff", everyone=True),
        Draft(audience=ID, file=Path("people.csv")),
        Draft(template="news", subject="News"),
        Draft(text="News", text_file=Path("news.txt")),
    ],
)
def test_two_words_for_one_thing_are_refused(draft: Draft) -> None:
    with pytest.raises(CannotRead, match=r"not both|one of"):
        draft.check()


def test_an_sms_has_no_subject() -> None:
    with pytest.raises(CannotRead, match="an email's"):
        Draft(subject="News").content("sms", {})


@pytest.mark.parametrize("said", ["many", "", "1:", "1:x", ":5", "nan", "-inf", "1e999"])
def test_numbers_are_numbers(said: str) -> None:
    with pytest.raises(CannotRead):
        canary(said)
    with pytest.raises(CannotRead):
        rate(said)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "news.txt"
    if content:
        path.write_bytes(content)
    with pytest.raises(CannotRead, match=r"news\.txt"):
        Draft(text_file=path).content("sms", {})
