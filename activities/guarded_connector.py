"""Connections to hosts that a stranger named: to the public internet only, whatever the DNS says.

A name is resolved here, all its addresses are checked, and the connection is made to one of those:
between the check and the connection nothing is resolved again. `Guard.socket` is the second wall:
every connection passes it, literal addresses too, for which aiohttp asks no resolver.
"""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from aiohappyeyeballs import AddrInfoType
from aiohttp import TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult

from models.public_addresses import is_public

THREADS = 20  # that wait for the DNS; a slow name must not take the loop's own
Found = Sequence[tuple[socket.AddressFamily, str]]
PER_HOST = 20  # connections: half of an account's calls at most wait for one slow receiver


class NotPublic(OSError):
    """The host leads to an address that is not of the public internet; no connection was made."""

    def __init__(self) -> None:
        super().__init__("the host is not on the public internet")


class Guard(AbstractResolver):
    """Resolves names, and lets through only public addresses and what the operator listed.

    One address that is not public refuses the whole name: honest receivers have none.
    """

    def __init__(self, private_hosts: frozenset[str]) -> None:
        self._private_hosts = private_hosts
        # Addresses and ports of listed hosts: what `socket` lets through beside public ones.
        self._private = {_split(place) for place in private_hosts}
        self._threads = ThreadPoolExecutor(THREADS, "dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of a name; NotPublic, or OSError if it has none."""
        found = list(dict.fromkeys(await self.look_up(host, port)))
        if not found:
            raise OSError("the host has no address")
        if f"{host}:{port}" in self._private_hosts:
            self._private |= {(address, port) for _, address in found}
        elif not all(is_public(address) for _, address in found):
            raise NotPublic
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=family,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for family, address in found
        ]

    async def look_up(self, host: str, port: int) -> Found:
        """What the system's resolver says; the caller's timeout bounds the wait."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _addresses, host, port)

    def socket(self, address: AddrInfoType) -> socket.socket:
        """A socket for a connection to that address; NotPublic if there may be none."""
        family, kind, protocol, _, place = address
        host, port = str(place[0]), int(place[1])
        if not is_public(host) and (host, port) not in self._private:
            raise NotPublic
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """Let go of the threads; those that wait for the DNS end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def guarded_connector(
    guard: Guard, context: ssl.SSLContext, *, limit: int, keepalive_timeout: float
) -> TCPConnector:
    """A pool whose connections all pass the guard."""
    return TCPConnector(
        resolver=guard,
        socket_factory=guard.socket,
        ssl=context,
        limit=limit,
        limit_per_host=PER_HOST,
        keepalive_timeout=keepalive_timeout,
    )


def _addresses(host: str, port: int) -> Found:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [(family, str(address[0])) for family, _, _, _, address in found]


def _split(place: str) -> tuple[str, int]:
    host, _, port = place.rpartition(":")
    return host.strip("[]"), int(port)
