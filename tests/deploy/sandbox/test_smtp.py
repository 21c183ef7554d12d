import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest
import trustme
from smtp_script import Pile

from activities.vendor import load
from deploy.local.sandbox.journal import read
from deploy.local.sandbox.mail import parse
from deploy.local.sandbox.server import Running, running
from models.messages import Channel, Message, Verdict


def letter(to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "hr@example.com", to
    message["Subject"] = "Größere Räume"
    message["Message-ID"] = "<018f.7@tidings.invalid>"
    message.set_content("Wir ziehen um.\n.\n")
    message.add_alternative("<p>Wir ziehen <b>um</b>.</p>", subtype="html")
    return message


def client(sandbox: Running) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(hostname="127.0.0.1", port=sandbox.smtp_port, start_tls=False)


async def test_a_mail_is_queued_and_journalled_for_each_recipient(sandbox: Running) -> None:
    async with client(sandbox) as smtp:
        await smtp.login("mailer", "any password")
        _, answer = await smtp.send_message(letter("a@example.com, b@example.com"))
    first, second = read(sandbox.desk.journal.path)
    assert (first.to, second.to) == ("a@example.com", "b@example.com")
    assert (first.vendor, first.account, first.key) == ("smtp", "mailer", "018f.7")
    assert first.subject == "Größere Räume"
    assert first.text == "Wir ziehen um.\n.\n"
    assert first.html.strip() == "<p>Wir ziehen <b>um</b>.</p>"
    assert first.vendor_id == second.vendor_id
    assert first.vendor_id in answer


async def test_it_offers_what_clients_look_for(sandbox: Running) -> None:
    async with client(sandbox) as smtp:
        await smtp.ehlo()
        assert {"size", "8bitmime", "pipelining", "auth"} <= set(smtp.esmtp_extensions)
        assert {"plain", "login"} <= set(smtp.server_auth_methods)


async def test_commands_may_come_all_at_once(sandbox: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.smtp_port)
    writer.write(b"EHLO me\r\nMAIL FROM:<a@x.io>\r\nRCPT TO:<b@x.io>\r\nDATA\r\n")
    writer.write(b"Subject: one\r\n\r\nhi\r\n.\r\nQUIT\r\n")
    said = await reader.read()
    assert b"354" in said
    assert b"queued as" in said
    assert [e.subject for e in read(sandbox.desk.journal.path)] == ["one"]
    assert [e.account for e in read(sandbox.desk.journal.path)] == [""]
    writer.close()


@pytest.mark.parametrize(
    ("to", "code", "enhanced"),
    [
        ("bounce@example.com", 550, "5.1.1"),
        ("Bounce+7@example.com", 550, "5.1.1"),
        ("full@example.com", 452, "4.2.2"),
        ("greylist@example.com", 450, "4.7.1"),
        ("spam@example.com", 554, "5.7.1"),
    ],
)
async def test_recipients_with_a_meaning_are_refused(
    sandbox: Running, to: str, code: int, enhanced: str
) -> None:
    async with client(sandbox) as smtp:
        await smtp.mail("hr@example.com")
        if code != 554:
            with pytest.raises(aiosmtplib.SMTPRecipientRefused, match=enhanced) as refused:
                await smtp.rcpt(to)
            assert refused.value.code == code
            await smtp.rcpt("good@example.com")
        else:
            await smtp.rcpt(to)
            with pytest.raises(aiosmtplib.SMTPDataError, match=enhanced):
                await smtp.data(b"Subject: x\r\n\r\nx")
    assert list(read(sandbox.desk.journal.path)) == []
    assert sandbox.desk.refusals["smtp"] == 1


async def test_a_lane_keeps_its_books_through_every_fault(
    sandbox: Running, order: Callable[..., Awaitable[int]]
) -> None:
    """The envelope behind a content is no part of it, whatever becomes of the content."""
    people = ["a", "bounce", "b", "spam", "c", "full", "d", "greylist", "e", "lost", "f"]
    faults = ("error_before", "error_after", "reset_before", "disconnect_after", "garbage")
    people += [f"{fault}-{n}" for fault in faults for n in range(2)]
    for fault in faults:
        await order("smtp", fault, to=f"{fault}-1@example.com")
    each = {"channel": Channel.EMAIL, "text": "hi\n.\n"}
    left = [Message(id=f"o.{n}", to=f"{who}@example.com", **each) for n, who in enumerate(people)]
    config = {"host": "127.0.0.1", "port": sandbox.smtp_port, "tls": "none", "connections": 1}
    more = {"sender": "hr@example.com", "message_id_domain": "tidings.invalid"}
    vendor, source = load("smtp", config | more), Pile(left)
    await vendor.open()
    await vendor.run_lane(source)
    await vendor.close()
    assert len(source.outcomes) == len(people)
    journal = Counter(effect.key for effect in read(sandbox.desk.journal.path))
    assert set(journal.values()) == {1}
    said = {key: outcome.verdict for key, outcome in source.outcomes.items()}
    accepted = {key for key, verdict in said.items() if verdict is Verdict.ACCEPTED}
    doubtful = {key for key, verdict in said.items() if verdict is Verdict.UNKNOWN}
    assert accepted <= set(journal) <= accepted | doubtful
    assert {people[int(key[2:])] for key in doubtful} == {f"{f}-1" for f in faults[1:]}


async def test_starttls_is_offered_with_a_certificate(tmp_path: Path) -> None:
    authority = trustme.CA()
    server, trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(trust)
    async with running(tmp_path, tls=server) as sandbox:
        smtp = aiosmtplib.SMTP(
            hostname="127.0.0.1",
            port=sandbox.smtp_port,
            start_tls=True,
            tls_context=trust,
            username="mailer",
            password="x",
        )
        async with smtp:
            await smtp.send_message(letter("a@example.com"))
        assert [e.account for e in read(sandbox.desk.journal.path)] == ["mailer"]


@pytest.mark.parametrize(
    ("content", "subject", "text"),
    [
        (b"Subject: =?x-none?q?a?=\r\n\r\nhi\xff", "=?x-none?q?a?=", "hi\ufffd"),
        (b"Content-Type: text/plain; charset=klingon\r\n\r\nqapla'", "", "qapla'"),
        (b"Subject: a\r\n b\r\nContent-Type: multipart/mixed\r\n\r\n", "a b", ""),
        (b"\x00\xff not a mail at all", "", "\x00\ufffd not a mail at all"),
    ],
)
def test_a_mail_that_is_badly_formed_is_shown_as_far_as_it_goes(
    content: bytes, subject: str, text: str
) -> None:
    mail = parse(content)
    assert (mail.subject, mail.text) == (subject, text)
