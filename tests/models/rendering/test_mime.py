"""Emails as bytes, read back by the standard library."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Invalid
from models.messages import Channel, Message
from models.rendering.mime import mime

MESSAGE = Message(
    id="01990000-0000-7000-8000-000000000001.7", channel=Channel.EMAIL, to="ann@example.com"
)
CHARACTERS = st.characters(exclude_categories=["Cs"])
LINES = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])
ADDRESSES = st.from_regex(
    r"[A-Za-z0-9_+'=-]{1,20}(\.[a-z0-9_+-]{1,20}){0,3}@[a-z0-9-]{1,20}(\.[a-z]{1,20}){1,3}",
    fullmatch=True,
)
NAME = LINES.filter(lambda c: c not in '<>\\"')
# Python 3.11 keeps the white space between two encoded words of a name; RFC 2047 does not.
ONE_WORD = st.text(NAME, max_size=9)
NAMES = (ONE_WORD | st.text(NAME.filter(str.isascii), max_size=80)).map(str.strip)
BODIES = st.text(CHARACTERS) | st.text(st.characters(max_codepoint=126), max_size=3000)


def sent(
    message: Message, sender: str = "no-reply@example.com", *, eight_bit: bool = False
) -> bytes:
    content = mime(message, "mail.example.com", sender, eight_bit=eight_bit)
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert b"\0" not in content
    assert content.isascii() or eight_bit
    return content


def parsed(
    message: Message, sender: str = "no-reply@example.com", *, eight_bit: bool = False
) -> EmailMessage:
    found = message_from_bytes(sent(message, sender, eight_bit=eight_bit), policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert [part.defects for part in found.walk()] == [[] for _ in found.walk()]
    return found


def body(part: EmailMessage) -> str:
    """The text as it was written: transport ends it with a line break."""
    raw = part.get_payload(decode=True)
    assert isinstance(raw, bytes)
    return raw.decode().replace("\r\n", "\n").removesuffix("\n")


def written(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


def test_an_email_with_both_parts_has_the_text_first() -> None:
    found = parsed(replace(MESSAGE, subject="Hi", text="Hello\nAnn", html="<p>Hello Ann</p>"))
    assert found.get_content_type() == "multipart/alternative"
    text, html = found.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert (body(text), body(html)) == ("Hello\nAnn", "<p>Hello Ann</p>")


@pytest.mark.parametrize(("part", "kind"), [("text", "text/plain"), ("html", "text/html")])
def test_an_email_with_one_part_is_that_part(part: str, kind: str) -> None:
    found = parsed(replace(MESSAGE, **{part: "Grüße"}))
    assert found.get_content_type() == kind
    assert found.get_content().rstrip() == "Grüße"


def test_the_headers_are_whole() -> None:
    unsubscribe = {
        "List-Unsubscribe": "<https://example.com/u>",
        "Reply-To": "Jörg <j@example.com>",
    }
    found = parsed(
        replace(MESSAGE, subject="Hi", headers=unsubscribe), "Müller & Co <m@example.com>"
    )
    assert found["From"].addresses[0].display_name == "Müller & Co"
    assert found["From"].addresses[0].addr_spec == "m@example.com"
    assert found["Reply-To"].addresses[0].display_name == "Jörg"
    assert found["To"] == "ann@example.com"
    assert found["List-Unsubscribe"] == "<https://example.com/u>"
    assert found["Date"].datetime.utcoffset() is not None
    assert found["MIME-Version"] == "1.0"


def test_every_attempt_has_the_same_message_id() -> None:
    expected = f"<{MESSAGE.id}@mail.example.com>"
    again = replace(MESSAGE, request_key=MESSAGE.id + ".r1")
    assert parsed(MESSAGE)["Message-ID"] == parsed(again)["Message-ID"] == expected


def test_the_messages_own_sender_comes_first() -> None:
    assert parsed(replace(MESSAGE, sender="own@example.com"))["From"] == "own@example.com"


@pytest.mark.parametrize("name", ['Ann "A" Lee', "Lee, Ann", "=?utf-8?q?x?=", "中文 名字"])
def test_a_name_before_an_address_stays_a_name(name: str) -> None:
    address = parsed(MESSAGE, f"{name} <a@example.com>")["From"].addresses
    assert [(each.display_name, each.addr_spec) for each in address] == [(name, "a@example.com")]


@given(subject=st.text(LINES))
def test_any_subject_reads_back(subject: str) -> None:
    found = parsed(replace(MESSAGE, subject=subject))
    assert str(found["Subject"]) == subject


@given(subject=st.text(st.sampled_from("aé中😀 "), min_size=30, max_size=400))
def test_a_long_subject_is_folded_within_76_bytes_and_whole_characters(subject: str) -> None:
    content = sent(replace(MESSAGE, subject=subject))
    if not subject.isascii():
        assert max(len(line) for line in content.split(b"\r\n")) <= 76
    assert str(parsed(replace(MESSAGE, subject=subject))["Subject"]) == subject


@given(text=BODIES, html=BODIES, eight_bit=st.booleans())
def test_any_two_parts_read_back(text: str, html: str, eight_bit: bool) -> None:
    found = parsed(replace(MESSAGE, text="x" + text, html="y" + html), eight_bit=eight_bit)
    assert [body(part) for part in found.iter_parts()] == [written("x" + text), written("y" + html)]


@given(text=BODIES, eight_bit=st.booleans())
def test_any_text_reads_back(text: str, eight_bit: bool) -> None:
    assert body(parsed(replace(MESSAGE, text=text), eight_bit=eight_bit)) == written(text)


@given(to=ADDRESSES, sender=ADDRESSES, name=NAMES, subject=st.text(LINES))
def test_any_names_and_addresses_read_back(to: str, sender: str, name: str, subject: str) -> None:
    message = replace(MESSAGE, to=to, subject=subject, headers={"Reply-To": f"{name} <{to}>"})
    found = parsed(message, f"{name} <{sender}>")
    assert [each.addr_spec for each in found["To"].addresses] == [to]
    for header, address in (("From", sender), ("Reply-To", to)):
        (each,) = found[header].addresses
        assert (each.display_name.split(), each.addr_spec) == (name.split(), address)
    assert str(found["Subject"]) == subject


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Grüße\n\t\n" + "中" * 300, "8bit"),
        ("only ASCII", "7bit"),
        ("中" * 301, "base64"),
        ("Grüße\0", "base64"),
        ("Grüße\x7f", "base64"),
        ("ü\n--=_x", "base64"),
        ("x" * 901, "quoted-printable"),
    ],
)
def test_a_server_of_8bitmime_gets_short_lines_as_they_are(text: str, encoding: str) -> None:
    found = parsed(replace(MESSAGE, subject="Grüße", text=text, html="<p>ü"), eight_bit=True)
    first, second = found.iter_parts()
    assert isinstance(first, EmailMessage)
    assert first["Content-Transfer-Encoding"] == encoding
    assert second["Content-Transfer-Encoding"] == "8bit"
    assert body(first) == written(text)
    assert found["Subject"] == "Grüße"


def test_the_date_is_that_of_the_second() -> None:
    for _ in range(2):
        date = parsed(MESSAGE)["Date"].datetime
        assert timedelta() <= datetime.now(UTC) - date < timedelta(seconds=30)


def test_one_senders_messages_have_nothing_of_each_other() -> None:
    first = replace(MESSAGE, subject="One", text="1", headers={"X-A": "1"})
    other = replace(MESSAGE, id="o.8", to="b@example.com", subject="Two", text="2", headers={})
    for message in (first, other, first):
        found = parsed(message)
        assert (found["To"], found["Subject"]) == (message.to, message.subject)
        assert found["Message-ID"] == f"<{message.id}@mail.example.com>"
        assert found["X-A"] == message.headers.get("X-A")
        assert body(found) == message.text
    assert parsed(MESSAGE, "b@example.com")["From"] == "b@example.com"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n\ttext " + "=" * 800, "7bit"),
        ("x" * 2_000, "quoted-printable"),
        ("x \n" * 500 + "y" * 1_000 + " \n.\nFrom me\n", "quoted-printable"),
        (f"a\n--=_{MESSAGE.id}--\nb", "quoted-printable"),
        ("Grüße", "base64"),
        ("a\0b", "base64"),
    ],
)
def test_a_body_is_encoded_only_as_far_as_it_must(text: str, encoding: str) -> None:
    found = parsed(replace(MESSAGE, text=text, html="<p>"))
    part = next(iter(found.iter_parts()))
    assert isinstance(part, EmailMessage)
    assert part["Content-Transfer-Encoding"] == encoding
    assert body(part) == written(text)


@pytest.mark.parametrize("bad", ["\r\n", "\n", "\r", "\0", "\x0b", "\x7f", "\x85", "\u2028"])
def test_no_value_brings_a_line_of_its_own(bad: str) -> None:
    value = f"a{bad}Bcc: x@example.com"
    for message, field in (
        (replace(MESSAGE, subject=value), "Subject"),
        (replace(MESSAGE, to=f"a@example.com{bad}"), "To"),
        (replace(MESSAGE, sender=f"A{bad}B <a@example.com>"), "From"),
        (replace(MESSAGE, headers={"X-A": value}), "X-A"),
        (replace(MESSAGE, headers={"Reply-To": f"A{bad} <a@example.com>"}), "Reply-To"),
        (replace(MESSAGE, id=value), "Message-ID"),
    ):
        with pytest.raises(Invalid) as caught:
            sent(message)
        assert caught.value.field == field


@pytest.mark.parametrize(
    "name",
    ["", "A B", "A:", "A\r\nBcc", "Ä", "(a)", "A" * 101, "Bcc", "to", "Content-Type", "Message-Id"],
)
def test_no_name_brings_a_line_or_a_recipient(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        sent(replace(MESSAGE, headers={name: "x@example.com"}))
    assert (caught.value.field, caught.value.reason) == (name[:50], "header_name")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "a@b, c@d",
        "ä@example.com",
        "a@exämple.com",
        "a b@example.com",
        "<a@b",
        "a@b>",
        "A <B <a@b>",
    ],
)
def test_what_is_not_one_ascii_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid) as caught:
        sent(replace(MESSAGE, to=address))
    assert (caught.value.field, caught.value.reason) == ("To", "address_not_supported")


def test_a_header_that_would_be_too_long_is_refused_and_a_subject_folded() -> None:
    with pytest.raises(Invalid) as caught:
        sent(replace(MESSAGE, headers={"X-A": "a" * 1_000}))
    assert caught.value.reason == "header_too_long"
    name = "X-" + "A" * 98
    assert parsed(replace(MESSAGE, headers={name: "a" * 800}))[name] == "a" * 800
    with pytest.raises(Invalid):
        sent(replace(MESSAGE, headers={name: "a" * 898}))
    assert str(parsed(replace(MESSAGE, subject="a" * 1_000))["Subject"]) == "a" * 1_000


def test_what_is_not_unicode_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        sent(replace(MESSAGE, text="\ud800"))
    assert caught.value.reason == "body_not_unicode"
