"""Webhooks make no connection but to the public internet: listeners on this machine count them.

A guard's `socket` is where every connection begins, so that also those to addresses where nobody
listens here are counted.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
from aiohappyeyeballs import AddrInfoType
from raw_peers import HttpPeer, answer, listening, until

from activities.guarded_connector import Found, Guard, NotPublic
from activities.vendors.webhook import Webhook
from models.messages import Channel, Message, Outcome, Scope, Verdict

SECRET = "whsec_" + "A" * 32
LITERAL = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.0.1"),  # noqa: S104
    *("100.64.0.1", "100.100.100.200", "169.254.169.254", "168.63.129.16", "192.0.0.192"),
    *("198.18.0.1", "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[::127.0.0.1]"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]"),
    *("[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::1]", "[2001:0:1::]"),
    *("[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[100::1]"),
    # other writings, which the system's resolver would understand
    *("2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "0x7f.1", "127.1", "127.0.1"),
    *("127.0.0.1.", "①②⑦.⓪.⓪.①", "localhost", "LOCALHOST", "localhost.", "user@127.0.0.1"),
    *("example.com@127.0.0.1", "example.com\\@127.0.0.1", "example.com#@127.0.0.1", "[::1%25lo]"),
]
# Of names that a stranger's DNS answers for.
RESOLVED = [
    *(["127.0.0.1"], ["::1"], ["0.0.0.0"], ["10.0.0.1"], ["169.254.169.254"]),  # noqa: S104
    *(["192.168.0.1"], ["172.16.0.1"], ["100.64.0.1"], ["fc00::1"], ["fe80::1%1"]),
    *(["::ffff:127.0.0.1"], ["::127.0.0.1"], ["64:ff9b::7f00:1"], ["64:ff9b:1::7f00:1"]),
    *(["2002:7f00:1::1"], ["2001:0:1::"], ["168.63.129.16"], ["::"], ["ff02::1"]),
    *(["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["2606:4700::1111", "::1"]),
]


class FakeDns(Guard):
    """Answers by script, and counts the sockets; none of them ever connects."""

    def __init__(self, *answers: Sequence[str]) -> None:
        super().__init__(frozenset())
        self.answers = list(answers)
        self.asked = 0
        self.connecting: list[str] = []

    async def look_up(self, host: str, port: int) -> Found:
        self.asked += 1
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, address)
            for address in self.answers.pop(0)
        ]

    def socket(self, address: AddrInfoType) -> socket.socket:
        super().socket(address).close()
        self.connecting.append(str(address[4][0]))
        raise ConnectionRefusedError("nothing leaves a test")


class Counting(Guard):
    """Notes each connection that begins."""

    def __init__(self, *private: str) -> None:
        super().__init__(frozenset(private))
        self.connecting: list[str] = []

    def socket(self, address: AddrInfoType) -> socket.socket:
        made = super().socket(address)
        self.connecting.append(f"{address[4][0]}:{address[4][1]}")
        return made


class Guarded(Webhook):
    """With a guard of the test's."""

    own_guard: Guard | None = None

    def new_guard(self) -> Guard:
        return self.own_guard or super().new_guard()


@asynccontextmanager
async def opened(guard: Guard | None = None, *private: str) -> AsyncIterator[Guarded]:
    vendor = Guarded(Webhook.Config(secret=SECRET))
    vendor.private_hosts, vendor.own_guard = frozenset(private), guard
    await vendor.open()
    try:
        yield vendor
    finally:
        await vendor.close()


@asynccontextmanager
async def counted() -> AsyncIterator[int]:
    """The port of listeners on 127.0.0.1 and ::1; at the end: nobody else has come there."""
    came: list[str] = []

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(writer.get_extra_info("sockname")[0])
        writer.close()

    four = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = four.sockets[0].getsockname()[1]
    six = await asyncio.start_server(talk, "::1", port)
    async with four, six:
        for host in ("127.0.0.1", "::1"):  # they do count
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
        await until(lambda: len(came) == 2)
        came.clear()
        yield port
        # Whoever came until now stands before us in the queue.
        for host in ("127.0.0.1", "::1"):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
        await until(lambda: "127.0.0.1" in came and "::1" in came)
        assert sorted(came) == ["127.0.0.1", "::1"]


def to(url: str) -> Message:
    return Message("o.1", Channel.WEBHOOK, url, text="{}")


async def send(vendor: Webhook, url: str) -> Outcome:
    [outcome] = await vendor.send([to(url)])
    return outcome


@pytest.mark.parametrize("scheme", ["https", "http"])
async def test_no_address_that_is_not_public_is_connected_to(scheme: str) -> None:
    guard = Counting()
    async with counted() as port, opened(guard) as vendor:
        for host in LITERAL:
            outcome = await send(vendor, f"{scheme}://{host}:{port}/latest/meta-data")
            assert (outcome.verdict, outcome.scope) == (Verdict.REFUSED, Scope.CONTENT), host
            assert outcome.reason in ("webhook_not_public", "webhook_invalid"), host
    assert guard.connecting == []


@pytest.mark.parametrize("addresses", RESOLVED, ids=",".join)
async def test_no_name_leads_to_an_address_that_is_not_public(addresses: list[str]) -> None:
    dns = FakeDns(addresses)
    async with counted() as port, opened(dns) as vendor:
        outcome = await send(vendor, f"https://rebind.example.com:{port}/")
    assert (outcome.verdict, outcome.reason) == (Verdict.REFUSED, "not_public")
    assert (dns.asked, dns.connecting) == (1, [])


async def test_a_name_that_changes_is_connected_to_where_it_was_checked() -> None:
    dns = FakeDns(["8.8.8.8"], ["127.0.0.1"], ["8.8.4.4"])
    async with counted() as port, opened(dns) as vendor:
        # A port each, or the connector's memory of 10 s would answer.
        urls = [f"https://rebind.example.com:{port + n}/" for n in range(3)]
        outcomes = [await send(vendor, url) for url in urls]
    assert [o.reason for o in outcomes] == ["connect_failed", "not_public", "connect_failed"]
    assert (dns.asked, dns.connecting) == (3, ["8.8.8.8", "8.8.4.4"])


async def test_a_name_is_asked_for_once_a_connection() -> None:
    """What was checked is used: a second answer would come too late."""
    dns = FakeDns(["8.8.8.8", "2606:4700::1111"], ["127.0.0.1"])
    async with opened(dns) as vendor:
        await send(vendor, "https://rebind.example.com:8443/")
    assert dns.asked == 1
    assert set(dns.connecting) == {"8.8.8.8", "2606:4700::1111"}


async def test_the_system_s_own_names_are_checked_as_well() -> None:
    """`localhost.localdomain` and its like, by the resolver of this machine."""
    async with counted() as port, opened() as vendor:
        guard = Guard(frozenset())
        for name in ("localhost", socket.gethostname(), "127.1", "0x7f000001", "2130706433"):
            try:
                found = await guard.resolve(name, port)
            except (NotPublic, socket.gaierror):
                continue
            pytest.fail(f"{name} leads to {found}")
        await guard.close()
        assert (await send(vendor, f"https://localhost:{port}/")).verdict is Verdict.REFUSED


REDIRECTED = [
    "127.0.0.1",
    "[::1]",
    "localhost",
    "169.254.169.254",
    "[::ffff:127.0.0.1]",
    "10.0.0.1",
]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_leads_nowhere(status: int) -> None:
    async with counted() as port:
        for host in REDIRECTED:
            peer = HttpPeer(answer(status, location=f"http://{host}:{port}/latest/meta-data"))
            async with listening(peer.talk) as allowed:
                place = f"127.0.0.1:{allowed}"
                guard = Counting(place)
                async with opened(guard, place) as vendor:
                    outcome = await send(vendor, f"http://{place}/")
            assert (outcome.verdict, outcome.reason) == (Verdict.REFUSED, "redirect")
            assert (guard.connecting, len(peer.requests)) == ([place], 1)


async def test_what_the_operator_lists_is_one_port_of_one_host() -> None:
    peer = HttpPeer(answer(204))
    async with (
        counted() as port,
        listening(peer.talk) as allowed,
        opened(None, f"127.0.0.1:{allowed}") as vendor,
    ):
        assert (await send(vendor, f"http://127.0.0.1:{allowed}/")).verdict is Verdict.ACCEPTED
        for url in (f"http://127.0.0.1:{port}/", f"http://localhost:{allowed}/"):
            assert (await send(vendor, url)).verdict is Verdict.REFUSED
    assert peer.connections == 1


async def test_past_the_check_of_the_url_the_second_wall_holds() -> None:
    async with counted() as port, opened() as vendor:
        for host in ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"):
            with pytest.raises(httpx.TransportError):
                await vendor.call(httpx.Request("POST", f"http://{host}:{port}/"))


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    dns = FakeDns(["8.8.8.8"])
    async with counted() as port:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        async with opened(dns) as vendor:
            await send(vendor, "https://hooks.example.com/")
    assert dns.connecting == ["8.8.8.8"]


async def test_a_dns_that_does_not_know_or_never_answers_is_not_sent() -> None:
    class Unknown(FakeDns):
        async def look_up(self, host: str, port: int) -> Found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    class Silent(FakeDns):
        async def look_up(self, host: str, port: int) -> Found:
            await asyncio.Event().wait()
            raise AssertionError

    for dns, reason in ((Unknown(), "unknown_host"), (Silent(), "connect_timeout")):
        vendor = Guarded(Webhook.Config(secret=SECRET, timeout_seconds=1))
        vendor.own_guard = dns
        await vendor.open()
        outcome = await send(vendor, "https://hooks.example.com/")
        await vendor.close()
        assert (outcome.verdict, outcome.reason) == (Verdict.RETRY, reason)
        assert outcome.scope is Scope.RECIPIENT


async def test_a_host_without_an_address_is_not_sent() -> None:
    async with opened(FakeDns([])) as vendor:
        outcome = await send(vendor, "https://hooks.example.com/")
    assert (outcome.verdict, outcome.scope) == (Verdict.RETRY, Scope.RECIPIENT)
