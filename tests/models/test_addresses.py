"""Addresses in their one form: what is the same is stored the same, and the rest is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.addresses import normalise
from models.errors import Invalid
from models.messages import Channel

SAME = {
    Channel.EMAIL: [
        ("ada@example.com", "ada@EXAMPLE.COM", " ada@example.com "),
        ("a@xn--bcher-kva.de", "a@bücher.de", "a@BÜCHER.de"),
    ],
    Channel.SMS: [
        ("+4915112345678", "+49 151 12345678", "+49 (151) 1234-5678", "+49-0151-12345678"),
        (
            "+33612345678",
            "+33\u00a06\u00a012\u00a034\u00a056\u00a078",
            "\u3000+33\u202f612\u2009345\u2007678\u00a0",
        ),
        ("+14155550100", "+1 415.555.0100", "+١٤١٥٥٥٥٠١٠٠"),
    ],
    Channel.TELEGRAM: [
        ("123456789",),
        ("-1001234567890",),
        ("@tidings_news",),
        (str(2**52 - 1),),
        (str(1 - 2**52),),
    ],
    Channel.WEBHOOK: [
        ("https://example.com/", "https://example.com", " HTTPS://EXAMPLE.com:443/ "),
        ("https://xn--bcher-kva.de/%C3%BC", "https://bücher.de/ü"),
    ],
}
REFUSED = {
    Channel.EMAIL: [
        "",
        " ",
        "ada",
        "ünï@example.com",
        "@example.com",
        "ada@",
        "a@b@example.com",
        "a@example.com,b@example.com",
        "Ada <ada@example.com>",
        "a b@example.com",
        "a..b@example.com",
        "a@localhost",
        "a@[127.0.0.1]",
        "a@1.2.3.4",
        "a@-example.com",
        "a@exam ple.com",
        "a" * 65 + "@example.com",
        "a@" + "b" * 64 + ".com",
        "a\r\nBcc: b@example.com",
        "a@example.com\n",
        "a\u200b@example.com",
        "\u202ea@example.com",
        "a\0@example.com",
        "a@example.com\ud800",
    ],
    Channel.SMS: [
        "",
        "+",
        "4915112345678",
        "004915112345678",
        "+49",
        "+4912",
        "+1800FLOWERS",
        "+4915112345678;ext=5",
        "+14155550100 x5",
        "tel:+4915112345678",
        "++4915112345678",
        "+999123456789",
        "+49151123456789012345",
        "+14155550100,+14155550101",
        "+49151\n12345678",
        "+49\u200b15112345678",
    ],
    Channel.TELEGRAM: [
        "",
        "0",
        "007",
        "-0",
        "@abc",
        "@9abc",
        "@a b",
        "1.5",
        "1e9",
        "１２３",
        "9" * 20,
        str(2**52),
        str(-(2**52)),
        str(2**63),
        "1\u00a02",
    ],
}


@pytest.mark.parametrize(
    ("channel", "forms"), [(c, forms) for c, many in SAME.items() for forms in many]
)
def test_all_ways_to_write_it_are_one_address(channel, forms) -> None:
    assert {normalise(channel, form, "to") for form in forms} == {forms[0]}


@pytest.mark.parametrize(
    ("channel", "address"), [(c, a) for c, many in REFUSED.items() for a in many]
)
def test_what_is_no_address_is_refused(channel, address) -> None:
    with pytest.raises(Invalid) as refusal:
        normalise(channel, address, "to.here")

    assert refusal.value.field == "to.here"
    assert refusal.value.reason.endswith("_invalid")


def test_a_chat_id_out_of_range_is_told_the_limit() -> None:
    with pytest.raises(Invalid) as refusal:
        normalise(Channel.TELEGRAM, str(2**63), "to")

    assert refusal.value.limit == 2**52 - 1


def test_a_domain_that_only_looks_alike_is_another_one() -> None:
    cyrillic = normalise(Channel.EMAIL, "a@ex\u0430mple.com", "to")

    assert cyrillic != normalise(Channel.EMAIL, "a@example.com", "to")


@given(st.sampled_from(Channel), st.text(max_size=400))
def test_any_text_has_one_form_or_is_refused(channel, text) -> None:
    try:
        found = normalise(channel, text, "to")
    except Invalid:
        return
    assert normalise(channel, found, "to") == found
    assert found.isprintable()
    assert "\n" not in found


PREFIXES = ["ada@", "+49 151 ", "https://example.com/", "https://"]


@given(st.sampled_from(PREFIXES), st.text(max_size=30), st.sampled_from(Channel))
def test_near_misses_are_settled_too(prefix, text, channel) -> None:
    try:
        found = normalise(channel, prefix + text, "to")
    except Invalid:
        return
    assert normalise(channel, found, "to") == found
