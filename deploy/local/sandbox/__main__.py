"""`python -m deploy.local.sandbox --data DIR`: the sandbox vendors as one process.

When ready it prints one JSON line with its ports. SIGTERM or SIGINT ends it.
"""

import argparse
import asyncio
import signal
import ssl
import sys
from pathlib import Path

import orjson
import uvloop

from deploy.local.sandbox.server import running


def main() -> None:
    """Run until told to stop; exits with 1 and a sentence if it cannot start."""
    options = arguments()
    tls = None
    if options.tls_cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.tls_cert, options.tls_key)
    try:
        uvloop.run(serve(options.data, options.http_port, options.smtp_port, tls))
    except BlockingIOError:
        sys.exit(f"another sandbox is using {options.data}")
    except OSError as error:
        sys.exit(f"the sandbox cannot start: {error}")


async def serve(data: Path, http_port: int, smtp_port: int, tls: ssl.SSLContext | None) -> None:
    """Start, say where, wait for the signal."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(data, http_port, smtp_port, tls) as sandbox:
        ports = {"http_port": sandbox.http_port, "smtp_port": sandbox.smtp_port}
        sys.stdout.write(orjson.dumps(ports).decode() + "\n")
        sys.stdout.flush()
        await stop.wait()


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local.sandbox",
        description="Local servers that speak the vendors' own protocols; see docs/sandbox.md.",
    )
    parser.add_argument("--data", type=Path, required=True, help="where the journal is kept")
    parser.add_argument("--http-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--smtp-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--tls-cert", type=Path, help="offers STARTTLS with this certificate")
    parser.add_argument("--tls-key", type=Path, help="its key, if it is not in the same file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
