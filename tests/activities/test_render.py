"""From a claimed row to the message of a vendor."""

from datetime import timedelta
from uuid import UUID

import pytest

from activities.render import render
from models.errors import Invalid
from models.messages import Channel, Message
from models.repositories.messages import Claimed

OWNERS = [UUID(int=1), UUID(int=2)]
VERSION = UUID(int=3)
CONTENT = {
    "email": {"default": {"subject": "Hi {{ name }}", "html": "<p>{{ name }}</p>"}},
    "sms": {"default": {"text": "Hi"}, "de": {"text": "Hallo"}},
}


def claimed(seq: int, *, inline: bool = False, locale: str = "", resend: str = "") -> Claimed:
    return Claimed(
        seq=seq,
        attempt=1,
        address="ann@example.com",
        request_key=f"{OWNERS[0]}.{seq}{resend}",
        notification_id=UUID(int=4),
        application_id=UUID(int=5),
        life=timedelta(minutes=1),
        template_version_id=None if inline else VERSION,
        content=CONTENT if inline else None,
        locale=locale,
        data={"name": "<Ann>"},
    )


def test_the_parts_are_those_of_its_version() -> None:
    message = render(OWNERS[0], Channel.EMAIL, claimed(7, resend=".r1"), {VERSION: CONTENT})
    assert message == Message(
        id=f"{OWNERS[0]}.7",
        channel=Channel.EMAIL,
        to="ann@example.com",
        subject="Hi <Ann>",
        html="<p>&lt;Ann&gt;</p>",
        text="<Ann>",
        request_key=f"{OWNERS[0]}.7.r1",
    )


def test_owners_in_turn_keep_their_ids() -> None:
    for owner in OWNERS * 2:
        message = render(owner, Channel.SMS, claimed(8), {VERSION: CONTENT})
        assert message.id == f"{owner}.8"


@pytest.mark.parametrize(("locale", "text"), [("de-AT", "Hallo"), ("en", "Hi"), ("", "Hi")])
def test_an_inline_content_has_locales_too(locale: str, text: str) -> None:
    row = claimed(9, inline=True, locale=locale)
    assert render(OWNERS[0], Channel.SMS, row, {}).text == text


def test_a_channel_that_the_content_lacks_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        render(OWNERS[0], Channel.TELEGRAM, claimed(1, inline=True), {})
    assert caught.value.field == "content.telegram"
