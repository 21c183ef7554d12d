"""Details of problems in Chinese, wherever they come from."""

import pytest
from console_visitors import Desk

from api.console.details import translated


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("Field required", "必须填写"),
        (
            "String should have at most 100 characters; found a string of 101 characters",
            "最多 100 个字符；填写的是 101 个字符的文本",
        ),
        ("String should have at least 1 character", "至少 1 个字符"),
        ("Input should be greater than or equal to 1; found a number", "不能小于 1；填写的是 数字"),
        ("the campaign is running", "群发活动目前的状态是 进行中"),
        ("the campaign is running; cancel it first", "群发活动目前的状态是 进行中，请先取消"),
        ("no such group", "没有这个群组"),
        ("50 % of nothing %(known)s", "50 % of nothing %(known)s"),
    ],
)
def test_what_varies_keeps_its_place(detail: str, said: str) -> None:
    assert translated(detail, "zh") == said
    assert translated(detail, "en") == detail


async def test_a_form_that_is_wrong_says_so_in_the_visitor_s_language(desk: Desk) -> None:
    author = await desk.at_work("author")
    await author.send("/account", "/preferences", language="zh", next="/console/")
    answer = await author.send("/groups/new", "/groups", name="x" * 300)
    assert answer.status_code == 422
    assert "个字符的文本" in answer.text
    assert "should" not in answer.text
