"""The baselines of the campaign figures: a plain loop of the same client library, without a ledger.

No database, no template, no workflow: a built body with the address filled in, from a process of
its own to the same sink. `python -m tests.bench.baselines` measures all of them.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import httpx
import uvloop
from aiosmtplib import SMTP
from httpx_aiohttp import HttpxAiohttpClient

from tests.bench.figures import Figure, show
from tests.bench.letters import HTML, SMS, SUBJECT, TEXT, address, built_mail, filled
from tests.bench.sinks import HOST, Sink, rate, sink

CLIENT = [sys.executable, "-c", "from tests.bench.baselines import client; client()"]
CONNECTIONS, POSTS, BATCH, BATCHES = 10, 40, 1000, 4


@dataclass(frozen=True)
class Baseline:
    """Messages a second, and what one costs: CPU microseconds of the client and of the sink."""

    rate: float
    client_micros: float
    sink_micros: float


async def by_smtp(port: int, numbers: Iterator[int]) -> None:
    """aiosmtplib on ten connections, one command after the other."""
    mail = built_mail()

    async def connection() -> None:
        smtp = SMTP(hostname=HOST, port=port, local_hostname="bench.example.com", start_tls=False)
        async with smtp:
            for number in numbers:
                to = address("email", number)
                await smtp.mail("bench@example.com", options=[f"SIZE={len(mail)}", "BODY=8BITMIME"])
                await smtp.rcpt(to)
                await smtp.data(mail.replace(b"@TO@", to.encode()))

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))


async def by_http(port: int, numbers: Iterator[int]) -> None:
    """A post a message, forty at a time."""
    url = f"http://{HOST}:{port}/2010-04-01/Accounts/AC1/Messages.json"
    text = filled(SMS)

    async def post(http: httpx.AsyncClient) -> None:
        for number in numbers:
            form = {"To": address("sms", number), "From": "+15005550006", "Body": text}
            response = await http.post(url, data=form)
            assert response.status_code == 201
            assert response.json()["sid"]

    async with http_client() as http:
        await asyncio.gather(*(post(http) for _ in range(POSTS)))


async def by_batch_http(port: int, numbers: Iterator[int]) -> None:
    """A thousand messages a post."""
    url = f"http://{HOST}:{port}/v3/mail/send"
    subject, substitutions = filled(SUBJECT), {"-text-": filled(TEXT), "-html-": filled(HTML)}

    async def post(http: httpx.AsyncClient) -> None:
        while some := list(islice(numbers, BATCH)):
            body = {
                "from": {"email": "bench@example.com"},
                "personalizations": [
                    {
                        "to": [{"email": address("email", number)}],
                        "subject": subject,
                        "custom_args": {"message": f"0193.{number}"},
                        "substitutions": substitutions,
                    }
                    for number in some
                ],
                "content": [
                    {"type": "text/plain", "value": "-text-"},
                    {"type": "text/html", "value": "-html-"},
                ],
            }
            response = await http.post(url, json=body)
            assert response.status_code == 202
            assert response.headers["X-Message-Id"]

    async with http_client() as http:
        await asyncio.gather(*(post(http) for _ in range(BATCHES)))


def http_client() -> httpx.AsyncClient:
    return HttpxAiohttpClient(timeout=60, limits=httpx.Limits(max_connections=POSTS))


CLIENTS: dict[str, tuple[str, Callable[[int, Iterator[int]], Awaitable[None]]]] = {
    "smtp": ("smtp", by_smtp),
    "http": ("http", by_http),
    "batch_http": ("http", by_batch_http),
}


async def baseline(kind: str, to: Sink, messages: int) -> Baseline:
    """Send so many to the sink, which is empty before and after."""
    await to.reset()
    before = to.cpu()
    command = [*CLIENT, kind, str(to.port), str(messages)]
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await child.communicate()
    assert child.returncode == 0
    books, spent = await to.books(), to.cpu() - before
    assert (books["messages"], books["duplicates"]) == (messages, 0), books
    await to.reset()
    done: dict[str, Any] = json.loads(said)
    return Baseline(
        rate=rate(books),
        client_micros=done["cpu"] / messages * 1e6,
        sink_micros=spent / messages * 1e6,
    )


def mean(runs: list[Baseline]) -> Baseline:
    return Baseline(
        *(
            sum(getattr(run, name) for run in runs) / len(runs)
            for name in ("rate", "client_micros", "sink_micros")
        )
    )


def client() -> None:
    """The process that sends."""
    kind, port, messages = sys.argv[1:]

    async def send() -> float:
        before = time.process_time()
        await CLIENTS[kind][1](int(port), iter(range(int(messages))))
        return time.process_time() - before

    print(json.dumps({"cpu": uvloop.run(send())}))


async def run(messages: int) -> list[Figure]:
    figures = []
    for kind, (of, _) in CLIENTS.items():
        with sink(of) as to:
            done = await baseline(kind, to, messages)
        figures += [
            Figure(f"baseline_{kind}", done.rate, "/s"),
            Figure(f"baseline_{kind}_client", done.client_micros, "µs/message"),
            Figure(f"baseline_{kind}_sink", done.sink_micros, "µs/message"),
        ]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.baselines")
    parser.add_argument("--messages", type=int, default=50_000)
    show(uvloop.run(run(parser.parse_args().messages)))


if __name__ == "__main__":
    main()
