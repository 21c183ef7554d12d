"""The sandbox as a whole: one journal, one mail server, one HTTP server, all on 127.0.0.1.

Tests start it in their own loop with `running`; `python -m deploy.local.sandbox` is a process.
"""

import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from deploy.local.sandbox import sendgrid, telegram, twilio, webhook
from deploy.local.sandbox.control import Control
from deploy.local.sandbox.desk import Desk
from deploy.local.sandbox.faults import Faults
from deploy.local.sandbox.journal import Journal
from deploy.local.sandbox.mail_server import MailServer
from deploy.local.sandbox.mailbox import Mailbox

REQUEST_BYTES = 32 * 1024 * 1024
DRAIN_SECONDS = 0.2  # requests that are held by a fault do not delay the end


@dataclass(frozen=True, slots=True)
class Running:
    """Where it listens, and what it keeps."""

    http_port: int
    smtp_port: int
    desk: Desk

    @property
    def http_url(self) -> str:
        """The base URL of the vendors' APIs and of the mailbox."""
        return f"http://127.0.0.1:{self.http_port}"


@asynccontextmanager
async def running(
    data: Path, http_port: int = 0, smtp_port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Running]:
    """Serve until the block ends; ports of 0 are chosen by the system.

    Raises:
        BlockingIOError: another sandbox has this data directory.
        OSError: a port is taken.
    """
    # aiosmtpd logs each command, and our own deliberate disconnects as errors.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    journal = Journal(data)
    desk = Desk(journal, Faults())
    mail = MailServer(desk, tls)
    http = web.AppRunner(
        application(desk),
        handler_cancellation=True,  # a fault that holds a connection ends when the client leaves
        access_log=None,
        shutdown_timeout=DRAIN_SECONDS,
    )
    try:
        await http.setup()
        site = web.TCPSite(http, "127.0.0.1", http_port)
        await site.start()
        chosen = await mail.start(smtp_port)
        yield Running(http.addresses[0][1], chosen, desk)
    finally:
        await http.cleanup()
        await mail.stop()
        await journal.close()


def application(desk: Desk) -> web.Application:
    """All that is served over HTTP."""
    app = web.Application(client_max_size=REQUEST_BYTES)
    app.add_routes(twilio.routes(desk))
    app.add_routes(telegram.routes(desk))
    app.add_routes(sendgrid.routes(desk))
    app.add_routes(webhook.routes(desk))
    app.add_routes(Control(desk).routes())
    app.add_routes(Mailbox(desk.journal.index).routes())
    return app
