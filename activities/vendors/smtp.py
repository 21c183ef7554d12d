"""SMTP, email. https://datatracker.ietf.org/doc/html/rfc5321

One recipient a transaction, on kept connections. Not supported, and therefore said: addresses
outside ASCII (SMTPUTF8), which `mime` refuses, and a look-up (no server answers "did you take this
Message-ID?", so an unknown outcome is blind).
"""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Annotated, Literal

from aiosmtplib import SMTP, SMTPResponseException
from pydantic import Field, SecretStr, model_validator

from activities.smtp_connections import Connection, SmtpConnections, abort
from activities.smtp_lane import Lane
from activities.smtp_letters import Desk
from activities.smtp_outcomes import SERVICE_CLOSES, Stage, accepted, from_error, is_definite
from activities.vendor import Settlement, Source, Vendor
from activities.vendor_config import DESTINATION, NO_DESTINATION, Destination, VendorConfig
from activities.vendor_words import Words
from models.messages import Channel, Message, Outcome, Verdict
from models.rendering.mime import mime


class Smtp(Vendor):
    """Any mail server. Connections are kept; one that had trouble is thrown away."""

    name = "smtp"
    channel = Channel.EMAIL
    settlement = Settlement.BLIND

    class Config(VendorConfig):
        """What an account needs; `verify` covers the certificate and its name."""

        host: Annotated[str, DESTINATION] = Field(min_length=1)
        port: Annotated[int, DESTINATION] = Field(587, ge=1, le=65535)
        tls: Annotated[
            Literal["none", "starttls", "tls"], Destination(safe=("starttls", "tls"))
        ] = "starttls"
        verify: Annotated[bool, Destination(safe=(True,))] = True
        username: str = ""
        password: SecretStr | None = None
        sender: str = Field(min_length=3)
        message_id_domain: Annotated[str, NO_DESTINATION] = Field(pattern=r"^[A-Za-z0-9.-]+$")
        connections: int = Field(10, ge=1, le=1000)

        @model_validator(mode="after")
        def _can_log_in(self) -> "Smtp.Config":
            if bool(self.username) != bool(self.password):
                raise ValueError("username and password belong together")
            return self

    def __init__(self, config: Config) -> None:
        self.config = config
        secret = config.password.get_secret_value() if config.password else ""
        plain = b64encode(f"\0{config.username}\0{secret}".encode()).decode()
        self.words = Words(config, plain if secret else "")
        self.connections = SmtpConnections(self._smtp, config.connections)
        self.tls: ssl.SSLContext | None = None

    async def open(self) -> None:
        """Read the machine's certificates; connections are made when needed."""
        if self.config.tls != "none":
            self.tls = await asyncio.to_thread(_tls_context, verify=self.config.verify)

    async def close(self) -> None:
        """Leave the server."""
        self.connections.close()

    async def send(self, batch: Sequence[Message]) -> list[Outcome]:
        """One transaction a message; every error is an outcome.

        Cancelled before DATA, CancelledError passes and nothing was sent; from there on a
        cancellation is `unknown`, and stays visible in `Task.cancelling()`.
        """
        return [await Transaction(self, message).send() for message in batch]

    @property
    def lanes(self) -> int:
        """One a connection."""
        return self.config.connections

    async def run_lane(self, source: Source) -> None:
        """One message behind the other on a kept connection, where the server takes it so.

        Cancelled, what had its content written is unknown, and the rest is released.
        """
        c = self.config
        desk = Desk(c.message_id_domain, c.sender, self.call_deadline.total_seconds())
        await Lane(source, self.connections, desk, self.words.clean).run()

    def _smtp(self) -> SMTP:
        c = self.config
        return SMTP(
            hostname=c.host,
            port=c.port,
            username=c.username or None,
            password=c.password.get_secret_value() if c.password else None,
            local_hostname=c.message_id_domain,  # or it would ask the DNS, for seconds
            timeout=None,  # the deadline of the call bounds it
            use_tls=c.tls == "tls",
            start_tls=c.tls == "starttls",
            tls_context=self.tls,
        )


class Transaction:
    """One message on its way; `stage` says how far it came."""

    def __init__(self, vendor: Smtp, message: Message) -> None:
        self.vendor = vendor
        self.message = message
        self.sender = message.sender or vendor.config.sender
        self.stage = Stage.BUILD

    async def send(self) -> Outcome:
        """What became of it, within the call's deadline."""
        vendor = self.vendor
        try:
            content = mime(self.message, vendor.config.message_id_domain, self.sender)
            self.stage = Stage.WAIT
            async with (
                asyncio.timeout(vendor.call_deadline.total_seconds()),
                vendor.connections.at_work(),
            ):
                outcome = await self._connected(content)
        except asyncio.CancelledError:
            if self.stage < Stage.BODY:
                raise
            outcome = Outcome(Verdict.UNKNOWN, reason="cancelled")
        except Exception as error:
            outcome = from_error(error, self.stage, own_sender=bool(self.message.sender))
        return vendor.words.clean(outcome)

    async def _connected(self, content: bytes) -> Outcome:
        self.stage = Stage.CONNECT
        kept = await self.vendor.connections.reuse()
        if kept:
            try:
                return await self._transaction(kept, content)
            except (SMTPResponseException, OSError) as error:
                # Closed while it was idle: MAIL found out, nothing was sent.
                if not self._was_stale(error):
                    raise
        self.stage = Stage.CONNECT
        return await self._transaction(await self.vendor.connections.connect(), content)

    def _was_stale(self, error: Exception) -> bool:
        closes = isinstance(error, OSError) and not isinstance(error, TimeoutError)
        says_so = isinstance(error, SMTPResponseException) and error.code == SERVICE_CLOSES
        return self.stage is Stage.MAIL and (closes or says_so)

    async def _transaction(self, connection: Connection, content: bytes) -> Outcome:
        smtp, keep = connection.smtp, False
        try:
            self.stage = Stage.MAIL
            await smtp.mail(parseaddr(self.sender)[1], options=_options(smtp, content))
            self.stage = Stage.RCPT
            await smtp.rcpt(self.message.to)
            self.stage = Stage.BODY  # aiosmtplib does not tell DATA from the content behind it
            reply = await smtp.data(content)
            keep = True
        except SMTPResponseException as error:
            keep = is_definite(error.code) and error.code != SERVICE_CLOSES
            connection.dirty = keep
            raise
        finally:
            if keep:
                self.vendor.connections.give_back(connection)
            else:
                abort(smtp)
        return accepted(reply.message)


def _options(smtp: SMTP, content: bytes) -> list[str]:
    options = []
    if smtp.supports_extension("size"):
        options.append(f"SIZE={len(content)}")
    if smtp.supports_extension("8bitmime") and not content.isascii():
        options.append("BODY=8BITMIME")
    return options


def _tls_context(*, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
