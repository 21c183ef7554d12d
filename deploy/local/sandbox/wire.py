"""What a broken vendor does to a connection. None of these returns: they wait to be cancelled.

Both servers cancel a handler when its connection is lost, so nothing is left behind.
"""

import asyncio
import socket
import struct
from typing import NoReturn

from deploy.local.sandbox.faults import Fault

SILENCE_SECONDS = 60.0
GARBAGE = b"\x00\xff\xfe\x15\x03\x01 this is no protocol \x80\x81\x00"
_LINGER_0 = struct.pack("ii", 1, 0)  # on, 0 s: close() discards and sends RST


async def break_off(fault: Fault, transport: asyncio.Transport) -> NoReturn:
    """Silence, disconnect or reset, before or after: the name says which."""
    if fault in (Fault.SILENCE_BEFORE, Fault.SILENCE_AFTER):
        await asyncio.sleep(SILENCE_SECONDS)
    if fault in (Fault.RESET_BEFORE, Fault.RESET_AFTER):
        await reset(transport)
    await disconnect(transport)


async def disconnect(transport: asyncio.Transport, last_words: bytes = b"") -> NoReturn:
    """Say the last words as they are, then close in good order (FIN)."""
    if last_words:
        transport.write(last_words)
    transport.close()
    await _until_cancelled()


async def reset(transport: asyncio.Transport) -> NoReturn:
    """Close with RST: the peer sees ECONNRESET."""
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
    transport.abort()
    await _until_cancelled()


async def _until_cancelled() -> NoReturn:
    await asyncio.get_running_loop().create_future()
    raise AssertionError("nobody sets this future")
