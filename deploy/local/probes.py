"""Whether a server is ready to serve, asked in its own protocol: an open port proves nothing.

A server in recovery or migration accepts connections long before it answers questions.
"""

import asyncio
import struct
from urllib.parse import urlsplit

ANSWER_WITHIN_SECONDS = 2
PROTOCOL_3 = 196608  # PostgreSQL's startup message, protocol 3.0


async def answers(url: str) -> bool:
    """Whether `http://…` answers 200, or `postgresql://host:port` asks who we are."""
    target = urlsplit(url)
    ask = _http if target.scheme == "http" else _postgres
    try:
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
            reader, writer = await asyncio.open_connection(target.hostname, target.port)
            try:
                return await ask(target.path, reader, writer)
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


async def _http(path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    writer.write(f"GET {path or '/'} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    status = (await reader.readline()).split()
    return len(status) > 1 and status[1] == b"200"


async def _postgres(_: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    # While it recovers it answers E, cannot connect now; ready, it answers R, prove who you are.
    hello = struct.pack("!I", PROTOCOL_3) + b"user\0tidings\0\0"
    writer.write(struct.pack("!I", len(hello) + 4) + hello)
    return await reader.read(1) == b"R"
