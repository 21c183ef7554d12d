"""SMTP with kept connections, with a real server, and with what it cannot carry."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trustme
from aiosmtpd import smtp as aiosmtpd_smtp
from aiosmtpd.smtp import AuthResult
from aiosmtplib import SMTP
from raw_peers import CLOSE, RESET, SILENCE, SmtpPeer, listening, until
from smtp_script import Pile

from activities.smtp_connections import SmtpConnections
from activities.smtp_outcomes import Stage, from_reply
from activities.vendor import load
from models.messages import Channel, Message, Scope, Verdict


def email(n: int = 0, **changes) -> Message:
    return Message(
        **{"id": f"o.{n}", "channel": Channel.EMAIL, "to": "a@example.com", "text": "hi"} | changes
    )


@asynccontextmanager
async def smtp_at(port: int, **changes) -> AsyncIterator:
    given = {
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "sender": "Tidings <n@example.com>",
        "message_id_domain": "example.com",
    }
    vendor = load("smtp", given | changes)
    await vendor.open()
    try:
        yield vendor
    finally:
        await vendor.close()


async def test_a_connection_serves_many_messages():
    peer = SmtpPeer()
    async with listening(peer.talk) as port, smtp_at(port) as vendor:
        outcomes = [(await vendor.send([email(n)]))[0] for n in range(3)]
    assert [(o.verdict, o.vendor_id) for o in outcomes] == [
        (Verdict.ACCEPTED, "Q1"),
        (Verdict.ACCEPTED, "Q2"),
        (Verdict.ACCEPTED, "Q3"),
    ]
    assert (peer.connections, len(peer.contents)) == (1, 3)
    assert b"MAIL FROM:<n@example.com>" in peer.commands[1]
    assert b"\r\nMessage-ID: <o.0@example.com>\r\n" in peer.contents[0]


async def test_no_more_connections_are_used_than_allowed():
    peer = SmtpPeer()
    async with listening(peer.talk) as port, smtp_at(port, connections=2) as vendor:
        outcomes = await asyncio.gather(*(vendor.send([email(n)]) for n in range(20)))
    assert {o.verdict for [o] in outcomes} == {Verdict.ACCEPTED}
    assert len(peer.contents) == 20
    assert peer.most_at_once == 2


async def test_a_message_without_a_free_connection_waits():
    peer = SmtpPeer({".": SILENCE})
    async with listening(peer.talk) as port, smtp_at(port, connections=1) as vendor:
        slow = asyncio.ensure_future(vendor.send([email(0)]))
        await until(lambda: peer.contents)
        vendor.call_deadline /= 100
        [outcome] = await vendor.send([email(1)])
        slow.cancel()
        [cancelled] = await slow
    assert (outcome.verdict, outcome.scope) == (Verdict.RETRY, Scope.CONTENT)
    assert outcome.reason == "no_free_connection"
    assert cancelled.verdict is Verdict.UNKNOWN


async def test_a_refused_recipient_does_not_cost_the_connection():
    peer = SmtpPeer({"RCPT": b"550 5.1.1 nobody"})
    async with listening(peer.talk) as port, smtp_at(port) as vendor:
        [first] = await vendor.send([email(0)])
        peer.script.clear()
        [second] = await vendor.send([email(1)])
    assert (first.verdict, first.scope) == (Verdict.REFUSED, Scope.RECIPIENT)
    assert second.verdict is Verdict.ACCEPTED
    assert peer.connections == 1
    assert b"RSET" in peer.commands


@pytest.mark.parametrize("rset", [b"500 what", CLOSE, b"nonsense"])
async def test_a_connection_that_cannot_be_reset_is_replaced(rset):
    peer = SmtpPeer({"RCPT": b"450 later", "RSET": rset})
    async with listening(peer.talk) as port, smtp_at(port) as vendor:
        await vendor.send([email(0)])
        del peer.script["RCPT"]
        [outcome] = await vendor.send([email(1)])
    assert outcome.verdict is Verdict.ACCEPTED
    assert (peer.connections, len(peer.contents)) == (2, 1)


@pytest.mark.parametrize("mail", [CLOSE, RESET, b"421 4.4.2 idle too long"])
async def test_a_connection_closed_while_idle_is_replaced_at_mail(mail):
    peer = SmtpPeer()
    async with listening(peer.talk) as port, smtp_at(port) as vendor:
        await vendor.send([email(0)])
        peer.once["MAIL"] = mail
        [outcome] = await vendor.send([email(1)])
    assert outcome.verdict is Verdict.ACCEPTED
    assert (peer.connections, len(peer.contents)) == (2, 2)


async def test_a_second_closed_connection_is_not_tried_a_third_time():
    peer = SmtpPeer()
    async with listening(peer.talk) as port, smtp_at(port) as vendor:
        await vendor.send([email(0)])
        peer.script["MAIL"] = CLOSE
        [outcome] = await vendor.send([email(1)])
    assert (outcome.verdict, outcome.reason) == (Verdict.RETRY, "disconnected")
    assert (peer.connections, len(peer.contents)) == (2, 1)


@pytest.mark.parametrize(("stage", "verdict"), [("RCPT", Verdict.RETRY), ("DATA", Verdict.UNKNOWN)])
async def test_a_kept_connection_that_breaks_later_is_not_replaced(stage, verdict):
    peer = SmtpPeer()
    async with listening(peer.talk) as port, smtp_at(port) as vendor:
        await vendor.send([email(0)])
        peer.script[stage] = CLOSE
        [outcome] = await vendor.send([email(1)])
    assert outcome.verdict is verdict
    assert (peer.connections, len(peer.contents)) == (1, 1)


async def test_an_idle_connection_the_server_hung_up_is_not_used_again():
    hung_up = asyncio.Event()
    peer = SmtpPeer()

    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if peer.connections:
            await peer.talk(reader, writer)
            return
        one = asyncio.ensure_future(peer.talk(reader, writer))
        await until(lambda: peer.contents)
        one.cancel()
        await asyncio.wait([one])
        writer.write(b"421 4.4.2 idle\r\n")
        writer.write_eof()
        while await reader.read(1000):  # until the client hangs up as well
            pass
        hung_up.set()

    async with listening(hangs_up) as port, smtp_at(port) as vendor:
        await vendor.send([email(0)])
        await hung_up.wait()
        [outcome] = await vendor.send([email(1)])
    assert outcome.verdict is Verdict.ACCEPTED
    assert (peer.connections, len(peer.contents)) == (2, 2)


async def test_an_idle_connection_says_quit_after_its_time():
    peer = SmtpPeer()
    async with listening(peer.talk) as port:
        connections = SmtpConnections(
            lambda: SMTP(hostname="127.0.0.1", port=port, start_tls=False, local_hostname="x"),
            most=1,
            idle_seconds=0.02,
        )
        connections.give_back(await connections.connect())
        await until(lambda: not peer.at_once)
        assert await connections.reuse() is None
    assert peer.commands[-1] == b"QUIT"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"to": "ü@example.com"}, "address_not_supported"),
        ({"subject": "a\r\nBcc: b@example.com"}, "header_control_character"),
        ({"headers": {"X-A\r\nBcc": "b@example.com"}}, "header_name"),
        ({"to": "a@example.com\r\nDATA"}, "address_not_supported"),
    ],
)
async def test_what_smtp_cannot_carry_is_refused(changes, reason):
    peer = SmtpPeer()
    async with listening(peer.talk) as port, smtp_at(port) as vendor:
        [outcome] = await vendor.send([email(**changes)])
    assert (outcome.verdict, outcome.reason) == (Verdict.REFUSED, reason)
    assert peer.contents == []
    assert b"DATA" not in peer.commands


@pytest.mark.parametrize(
    ("stage", "reply", "own_sender", "verdict", "scope"),
    [
        (Stage.RCPT, "550 nobody", False, Verdict.REFUSED, Scope.RECIPIENT),
        (Stage.RCPT, "550 5.2.1 disabled", False, Verdict.REFUSED, Scope.RECIPIENT),
        (Stage.RCPT, "552 5.2.2 full", False, Verdict.REFUSED, Scope.CONTENT),
        (Stage.RCPT, "554 5.7.1 relay", False, Verdict.REFUSED, Scope.CONTENT),
        (Stage.RCPT, "550 5.1.8 bad sender", False, Verdict.REFUSED, Scope.ACCOUNT),
        (Stage.RCPT, "530 5.7.0 log in", False, Verdict.REFUSED, Scope.ACCOUNT),
        (Stage.RCPT, "450 4.7.1 greylisted", False, Verdict.RETRY, Scope.RECIPIENT),
        (Stage.MAIL, "550 not you", False, Verdict.REFUSED, Scope.ACCOUNT),
        (Stage.MAIL, "550 not you", True, Verdict.REFUSED, Scope.CONTENT),
        (Stage.MAIL, "552 5.3.4 too large", False, Verdict.REFUSED, Scope.CONTENT),
        (Stage.MAIL, "552 too large", False, Verdict.REFUSED, Scope.CONTENT),
        (Stage.MAIL, "530 log in", True, Verdict.REFUSED, Scope.ACCOUNT),
        (Stage.MAIL, "452 full", False, Verdict.RETRY, Scope.ACCOUNT),
        (Stage.DATA, "550 5.1.1 nobody", False, Verdict.REFUSED, Scope.RECIPIENT),
        (Stage.DATA, "550 no", False, Verdict.REFUSED, Scope.CONTENT),
        (Stage.DATA, "554 5.7.1 spam", False, Verdict.REFUSED, Scope.CONTENT),
        (Stage.DATA, "452 4.3.1 full", False, Verdict.RETRY, Scope.CONTENT),
        (Stage.CONNECT, "554 no service", False, Verdict.RETRY, Scope.ACCOUNT),
        (Stage.CONNECT, "535 5.7.8 wrong", False, Verdict.REFUSED, Scope.ACCOUNT),
        (Stage.CONNECT, "454 4.7.0 later", False, Verdict.RETRY, Scope.ACCOUNT),
    ],
)
def test_a_reply_says_who_pays(stage, reply, own_sender, verdict, scope):
    outcome = from_reply(int(reply[:3]), reply[4:], stage, own_sender=own_sender)
    assert (outcome.verdict, outcome.scope) == (verdict, scope)
    assert outcome.reason == f"smtp_{reply[:3]}"


class Mailbox:
    """What aiosmtpd took, and over what."""

    def __init__(self) -> None:
        self.over_tls: list[bool] = []
        self.logins: list[bytes] = []

    async def handle_EHLO(self, server, session, envelope, hostname, replies):  # noqa: N802
        session.host_name = hostname
        return [*replies[:-1], "250-PIPELINING", replies[-1]]

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 (aiosmtpd's names)
        self.over_tls.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK: queued as T1"

    def authenticate(self, server, session, envelope, mechanism, login) -> AuthResult:
        self.logins.append(login.password)
        return AuthResult(success=login.password == b"right password", handled=False)


@asynccontextmanager
async def real_server(mailbox: Mailbox, tls: ssl.SSLContext, *, wrapped: bool = False):
    def server() -> aiosmtpd_smtp.SMTP:
        return aiosmtpd_smtp.SMTP(
            mailbox,
            hostname="mail.example.com",
            tls_context=None if wrapped else tls,
            require_starttls=not wrapped,
            authenticator=mailbox.authenticate,
            auth_required=True,
            auth_require_tls=not wrapped,
        )

    loop = asyncio.get_running_loop()
    serving = await loop.create_server(server, "127.0.0.1", 0, ssl=tls if wrapped else None)
    try:
        yield serving.sockets[0].getsockname()[1]
    finally:
        serving.close()


@pytest.fixture
def server_tls(tmp_path, monkeypatch) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 from an authority this machine trusts during the test."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


LOGIN = {"username": "tidings", "password": "right password"}


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # aiosmtpd does not see the TLS around it
async def test_a_real_server_takes_it_over_tls(server_tls, tls):
    mailbox = Mailbox()
    async with (
        real_server(mailbox, server_tls, wrapped=tls == "tls") as port,
        smtp_at(port, tls=tls, **LOGIN) as vendor,
    ):
        [outcome] = await vendor.send([email()])
    assert (outcome.verdict, outcome.vendor_id) == (Verdict.ACCEPTED, "T1"), outcome
    assert mailbox.over_tls == [True]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.filterwarnings("ignore:Requiring AUTH")
async def test_a_lane_and_single_messages_share_a_connection_over_tls(server_tls, tls):
    mailbox = Mailbox()
    source = Pile([email(n) for n in range(5)])
    async with (
        real_server(mailbox, server_tls, wrapped=tls == "tls") as port,
        smtp_at(port, tls=tls, **LOGIN) as vendor,
    ):
        await vendor.send([email(7)])
        await vendor.run_lane(source)
        await vendor.send([email(8)])
    assert {outcome.vendor_id for outcome in source.outcomes.values()} == {"T1"}
    assert mailbox.over_tls == [True] * 7
    assert len(mailbox.logins) == 1


@pytest.mark.parametrize(("verify", "verdict"), [(True, Verdict.RETRY), (False, Verdict.ACCEPTED)])
async def test_a_certificate_nobody_vouches_for_needs_verify_off(
    server_tls, monkeypatch, verify, verdict
):
    monkeypatch.delenv("SSL_CERT_FILE")
    mailbox = Mailbox()
    async with (
        real_server(mailbox, server_tls) as port,
        smtp_at(port, tls="starttls", verify=verify, **LOGIN) as vendor,
    ):
        [outcome] = await vendor.send([email()])
    assert outcome.verdict is verdict
    assert len(mailbox.logins) == (0 if verify else 1)  # no password for a stranger


async def test_starttls_is_not_skipped_where_it_is_not_offered():
    peer = SmtpPeer(offers=("AUTH PLAIN",))
    async with listening(peer.talk) as port, smtp_at(port, tls="starttls", **LOGIN) as vendor:
        [outcome] = await vendor.send([email()])
    assert (outcome.verdict, outcome.scope) == (Verdict.RETRY, Scope.ACCOUNT)
    assert not any(command.startswith(b"AUTH") for command in peer.commands)


async def test_a_wrong_password_closes_the_account(server_tls):
    mailbox = Mailbox()
    async with (
        real_server(mailbox, server_tls) as port,
        smtp_at(port, tls="starttls", username="tidings", password="wrong one") as vendor,
    ):
        [outcome] = await vendor.send([email()])
    assert (outcome.verdict, outcome.scope) == (Verdict.REFUSED, Scope.ACCOUNT)
    assert outcome.reason == "smtp_535"
