"""The short cut of an audience's addresses agrees with `normalise`, whatever it is given."""

from string import ascii_letters, digits

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.addresses import normalise
from models.audience_addresses import one_form
from models.errors import Invalid
from models.messages import Channel

LOCALS = st.one_of(
    st.text(ascii_letters + digits + "._+-'!#=/~ ", max_size=70),
    st.sampled_from(
        ["ada", "INFO", "Info", "info", "Ada.Lovelace", "a" * 64, "a" * 65, ".a", "a."]
    ),
)
LABELS = st.one_of(
    st.text(ascii_letters + digits + "-", max_size=66),
    st.sampled_from(
        ["example", "a" * 63, "a" * 64, "xn--bcher-kva", "XN--a", "ab--c", "a--b", "ü"]
    ),
)
TOPS = st.one_of(
    st.text(ascii_letters + digits + "-", max_size=5),
    st.sampled_from(["com", "COM", "test", "LOCAL", "localhost", "onion", "arpa", "invalid", "c1"]),
)


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """Close to what is one, and often just not."""
    domain = ".".join([*draw(st.lists(LABELS, max_size=6)), draw(TOPS)])
    return f"{draw(LOCALS)}{draw(st.sampled_from(['@', '@', '@', '', '@@']))}{domain}"


def outcome(find, *arguments) -> tuple[str, str]:
    try:
        return "kept", find(*arguments)
    except Invalid as error:
        return error.reason, str(error)


@given(st.one_of(addresses(), st.text(max_size=40)))
@example("ada@" + "a" * 63 + "." + "b" * 63 + "." + "c" * 60 + ".com")
@example("a" * 64 + "@" + ("b" * 60 + ".") * 3 + "example")
@example("ada@example.com\n")
@example("PostMaster@EXAMPLE.com")
def test_it_agrees_with_the_long_way(address: str) -> None:
    long_way = outcome(normalise, Channel.EMAIL, address, "to")

    assert outcome(one_form, Channel.EMAIL, address, "to") == long_way


@pytest.mark.parametrize(
    ("channel", "address", "form"),
    [
        (Channel.EMAIL, "Ada.L@Mail.EXAMPLE.com", "Ada.L@mail.example.com"),
        (Channel.EMAIL, "ada@bücher.de", "ada@xn--bcher-kva.de"),
        (Channel.SMS, "+49 151 12345678", "+4915112345678"),
        (Channel.TELEGRAM, "@tidings_news", "@tidings_news"),
    ],
)
def test_every_channel_has_its_one_form(channel: Channel, address: str, form: str) -> None:
    assert one_form(channel, address, "to") == form
