"""A mail server that accepts everything, by aiosmtpd. https://datatracker.ietf.org/doc/html/rfc5321

Any credentials will do, or none. Recipients whose local part (before any `+`) has a meaning:
`bounce` 550 5.1.1 no such user, `full` 452 4.2.2 mailbox full, `greylist` 450 4.7.1, all at RCPT;
`spam` 554 5.7.1 after the final dot.

Faults: refuse_account is 535 at AUTH, or 530 at MAIL; unavailable is 421 at MAIL; refuse (550) and
busy (450) are at RCPT; error_before is 451 after the final dot. All others happen at the final dot.
"""

import asyncio
import secrets
from collections.abc import Collection
from dataclasses import replace
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult

from deploy.local.sandbox import wire
from deploy.local.sandbox.desk import Desk
from deploy.local.sandbox.effects import Effect
from deploy.local.sandbox.faults import Fault, Rule
from deploy.local.sandbox.mail import parse

AT_MAIL = frozenset({Fault.REFUSE_ACCOUNT, Fault.UNAVAILABLE})
AT_RCPT = frozenset({Fault.REFUSE, Fault.BUSY})
AT_DATA = frozenset(Fault) - AT_MAIL - AT_RCPT
NO_SUCH_USER = "550 5.1.1 No such user here"
MAGIC = {
    "bounce": NO_SUCH_USER,
    "full": "452 4.2.2 Mailbox full",
    "greylist": "450 4.7.1 Greylisted, try again in 2 seconds",
}
NONSENSE = "The dog has taken the mail into the garden"  # error_after: no reply code


class Handler:
    """aiosmtpd's hooks. `server` is the connection's protocol."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def authenticate(
        self, server: SMTP, session: Any, envelope: Any, mechanism: str, login: Any
    ) -> AuthResult:
        """Everybody is welcome, unless a fault says otherwise."""
        name = login.login.decode("utf-8", "replace")
        if self._take(name, (), {Fault.REFUSE_ACCOUNT}):
            self.desk.refusals["smtp"] += 1
            refusal = "535 5.7.8 Authentication credentials invalid"
            return AuthResult(success=False, handled=False, message=refusal)
        return AuthResult(success=True, auth_data=login)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds hooks by these names
        self, server: SMTP, session: Any, envelope: Any, hostname: str, replies: list[str]
    ) -> list[str]:
        """Commands may come many at once: they are read one by one."""
        session.host_name = hostname
        return [*replies[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", replies[-1]]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Takes any sender."""
        rule = self._take(account_of(session), (), AT_MAIL)
        if rule:
            self.desk.refusals["smtp"] += 1
            if rule.fault is Fault.REFUSE_ACCOUNT:
                return "530 5.7.0 Authentication required"
            await server.push("421 4.3.2 Service not available, closing transmission channel")
            await wire.disconnect(stream(server))
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Takes any recipient that has no meaning of its own."""
        refusal = MAGIC.get(local_part(address))
        if not refusal:
            rule = self._take(account_of(session), (address,), AT_RCPT)
            if rule:
                busy = rule.fault is Fault.BUSY
                refusal = "450 4.2.1 Mailbox busy, try again in 2 seconds" if busy else NO_SUCH_USER
        if refusal:
            self.desk.refusals["smtp"] += 1
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        """Accepts the mail for each of its recipients: an effect each, one queue id."""
        if any(local_part(address) == "spam" for address in envelope.rcpt_tos):
            self.desk.refusals["smtp"] += 1
            return "554 5.7.1 This looks like spam"
        account = account_of(session)
        rule = self._take(account, envelope.rcpt_tos, AT_DATA)
        fault = rule.fault if rule else None
        if fault is Fault.ERROR_BEFORE:
            self.desk.refusals["smtp"] += 1
            return "451 4.3.0 Local error in processing"
        queue_id = secrets.token_hex(8).upper()
        mail = parse(envelope.content)
        effect = Effect(
            vendor="smtp",
            account=account,
            key=mail.key,
            to="",
            vendor_id=queue_id,
            sender=envelope.mail_from,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
        )
        effects = [replace(effect, to=address) for address in envelope.rcpt_tos]
        await self.desk.accept(effects, rule, stream(server), half=b"250 2.0")
        return NONSENSE if fault is Fault.ERROR_AFTER else f"250 2.0.0 OK: queued as {queue_id}"

    def _take(
        self, account: str, recipients: Collection[str], among: Collection[Fault]
    ) -> Rule | None:
        return self.desk.faults.take("smtp", account, recipients, among)


def account_of(session: Any) -> str:
    """The user name that was given, or nothing."""
    return session.auth_data.login.decode("utf-8", "replace") if session.authenticated else ""


def stream(server: SMTP) -> asyncio.Transport:
    """The connection, which is a stream whatever aiosmtpd declares."""
    return cast(asyncio.Transport, server.transport)


def local_part(address: str) -> str:
    """`Bounce+7@example.com` → `bounce`."""
    return address.rpartition("@")[0].partition("+")[0].casefold()
