"""Letters: as the server that takes them wants them."""

from types import SimpleNamespace

import pytest

from activities.smtp_letters import Desk, Letter
from models.messages import Channel, Message

CAFE = "café"


def letter(*, desk_takes_8bit: bool) -> Letter:
    message = Message(id="o.1", channel=Channel.EMAIL, to="a@example.org", text=CAFE)
    return Desk("example.com", "n@example.com", 10, desk_takes_8bit).letter(message, 0)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("offered", [True, False])
def test_what_is_not_ascii_goes_as_it_is_only_where_that_is_offered(known, offered) -> None:
    written = letter(desk_takes_8bit=known)
    line = SimpleNamespace(takes_size=True, takes_8bit=offered)

    mail, _, _ = written.envelope(line)  # type: ignore[arg-type]

    as_it_is = known and offered
    assert (CAFE.encode() in written.content) == as_it_is
    assert written.content.isascii() != as_it_is
    assert (b" BODY=8BITMIME" in mail) == as_it_is
    assert b" SIZE=%d" % len(written.content) in mail
