"""The sandbox's SMTP port: its listening socket and its connections."""

import asyncio
import ssl
from typing import cast
from weakref import WeakSet

from aiosmtpd.smtp import SMTP

from deploy.local.sandbox.desk import Desk
from deploy.local.sandbox.smtp import Handler

SIZE_BYTES = 32 * 1024 * 1024


class Connection(SMTP):
    """aiosmtpd's protocol, which also knows the connection below its TLS.

    A TLS transport that was closed cannot be aborted on every Python 3.11; a socket can.
    """

    wire: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called for the socket first, and after STARTTLS for what is above it."""
        self.wire = self.wire or cast(asyncio.Transport, transport)
        super().connection_made(transport)


class MailServer:
    """The listening socket and its connections."""

    def __init__(self, desk: Desk, tls: ssl.SSLContext | None = None) -> None:
        self._server: asyncio.Server | None = None
        self._handler = Handler(desk)
        self._tls = tls
        self._connections: WeakSet[Connection] = WeakSet()

    async def start(self, port: int) -> int:
        """Listen on 127.0.0.1; gives back the port, which 0 lets the system choose."""
        loop = asyncio.get_running_loop()
        self._server = server = await loop.create_server(self._connection, "127.0.0.1", port)
        chosen: int = server.sockets[0].getsockname()[1]
        return chosen

    async def stop(self) -> None:
        """Close all connections as they are; whatever was answered is in the journal."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._connections):
            if connection.wire:
                connection.wire.abort()
        await self._server.wait_closed()

    def _connection(self) -> Connection:
        connection = Connection(
            self._handler,
            loop=asyncio.get_running_loop(),
            hostname="sandbox.localhost",
            ident="Tidings sandbox ESMTP",
            data_size_limit=SIZE_BYTES,
            tls_context=self._tls,
            auth_require_tls=False,
            authenticator=self._handler.authenticate,
        )
        self._connections.add(connection)
        return connection
