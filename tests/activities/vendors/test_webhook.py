"""What a receiver of webhooks gets, checked by the standard's own library, and what it may say."""

import asyncio
import base64
import json
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from raw_peers import HttpPeer, answer, listening, read_request
from standardwebhooks import Webhook as Receiver
from standardwebhooks import WebhookVerificationError

from activities.vendor import Settlement, load
from activities.vendors.webhook import Webhook
from models.errors import Misconfigured
from models.messages import Channel, Message, Outcome, Scope, Verdict

NEW = "whsec_" + base64.b64encode(b"n" * 24).decode()
OLD = "whsec_" + base64.b64encode(b"o" * 64).decode()
BODY = '{"type": "order.shipped", "data": {"order": "ü"}}'
OK = answer(204)


def message(port: int, path: str = "/hook", host: str = "127.0.0.1") -> Message:
    to = f"http://{host}:{port}{path}"
    return Message("0198c5d2-aaaa-7bbb-8ccc-000000000000.7", Channel.WEBHOOK, to, text=BODY)


@asynccontextmanager
async def opened(port: int, **config: Any) -> AsyncIterator[Webhook]:
    vendor = load("webhook", {"secret": NEW, **config})
    assert isinstance(vendor, Webhook)
    vendor.private_hosts = frozenset({f"127.0.0.1:{port}"})
    await vendor.open()
    try:
        yield vendor
    finally:
        await vendor.close()


async def sent(peer: HttpPeer, **config: Any) -> Outcome:
    async with listening(peer.talk) as port, opened(port, **config) as vendor:
        [outcome] = await vendor.send([message(port)])
    return outcome


def parsed(request: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    pairs = (line.decode().partition(": ") for line in head.split(b"\r\n")[1:])
    return {name.lower(): value for name, _, value in pairs}, body


async def test_the_receiver_s_library_verifies_it():
    peer = HttpPeer(OK)
    outcome = await sent(peer)
    headers, body = parsed(peer.requests[0])
    assert outcome == Outcome(Verdict.ACCEPTED, vendor_id="0198c5d2-aaaa-7bbb-8ccc-000000000000_7")
    assert peer.requests[0].startswith(b"POST /hook HTTP/1.1\r\n")
    assert headers["webhook-id"] == outcome.vendor_id
    assert headers["content-type"] == "application/json"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 5
    assert Receiver(NEW).verify(body, headers) == json.loads(BODY)
    for changed in (body + b" ", body.replace(b"order", b"0rder")):
        with pytest.raises(WebhookVerificationError):
            Receiver(NEW).verify(changed, headers)
    with pytest.raises(WebhookVerificationError):
        Receiver(NEW).verify(body, headers | {"webhook-id": "another"})


async def test_while_secrets_change_both_verify_it_the_newest_first():
    peer = HttpPeer(OK)
    await sent(peer, previous_secret=OLD)
    headers, body = parsed(peer.requests[0])
    for secret in (NEW, OLD):
        assert Receiver(secret).verify(body, headers)
    newest, _ = headers["webhook-signature"].split(" ")
    assert Receiver(NEW).verify(body, headers | {"webhook-signature": newest})


async def test_a_private_key_signs_for_whoever_has_the_public_one():
    key = Ed25519PrivateKey.generate()
    secret = "whsk_" + base64.b64encode(key.private_bytes_raw()).decode()
    peer = HttpPeer(OK)
    await sent(peer, secret=secret, previous_secret=OLD)
    headers, body = parsed(peer.requests[0])
    version, _, signature = headers["webhook-signature"].split(" ")[0].partition(",")
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert version == "v1a"
    key.public_key().verify(base64.b64decode(signature), signed)
    assert Receiver(OLD).verify(body, headers)


async def test_the_id_is_the_same_on_every_attempt_and_re_send():
    peer = HttpPeer(OK)
    async with listening(peer.talk) as port, opened(port) as vendor:
        first = message(port)
        for request_key in (first.id, f"{first.id}.r1"):
            await vendor.send([replace(first, request_key=request_key)])
    ids = [parsed(request)[0]["webhook-id"] for request in peer.requests]
    assert ids[0] == ids[1]
    assert "." not in ids[0]


async def test_headers_may_have_the_company_s_prefix():
    peer = HttpPeer(OK)
    await sent(peer, header_prefix="acme-")
    headers, _ = parsed(peer.requests[0])
    assert {"acme-id", "acme-timestamp", "acme-signature"} <= headers.keys()
    assert "webhook-id" not in headers


@pytest.mark.parametrize(
    ("status", "verdict", "scope", "reason"),
    [
        (200, Verdict.ACCEPTED, Scope.CONTENT, ""),
        (299, Verdict.ACCEPTED, Scope.CONTENT, ""),
        (301, Verdict.REFUSED, Scope.CONTENT, "redirect"),
        (308, Verdict.REFUSED, Scope.CONTENT, "redirect"),
        (400, Verdict.REFUSED, Scope.CONTENT, "http_400"),
        (401, Verdict.REFUSED, Scope.CONTENT, "http_401"),
        (403, Verdict.REFUSED, Scope.CONTENT, "http_403"),
        (404, Verdict.REFUSED, Scope.CONTENT, "http_404"),
        (410, Verdict.REFUSED, Scope.RECIPIENT, "webhook_gone"),
        (429, Verdict.RETRY, Scope.RECIPIENT, "http_429"),
        (500, Verdict.UNKNOWN, Scope.CONTENT, "http_500"),
        (502, Verdict.UNKNOWN, Scope.CONTENT, "http_502"),
        (503, Verdict.RETRY, Scope.RECIPIENT, "http_503"),
    ],
)
async def test_no_receiver_closes_the_account(status, verdict, scope, reason):
    outcome = await sent(HttpPeer(answer(status, b"no", location="http://127.0.0.1:9/")))
    assert (outcome.verdict, outcome.scope, outcome.reason) == (verdict, scope, reason)
    assert outcome.scope is not Scope.ACCOUNT


async def test_its_delay_is_kept_to():
    outcome = await sent(HttpPeer(answer(503, retry_after="9")))
    assert outcome.after == timedelta(seconds=9)


def test_only_receivers_that_tell_copies_get_them_unasked():
    assert load("webhook", {"secret": NEW}).settlement is Settlement.BLIND
    sure = load("webhook", {"secret": NEW, "receiver_deduplicates": True})
    assert sure.settlement is Settlement.IDEMPOTENT
    assert load("webhook", {"secret": NEW, "timeout_seconds": 3}).call_deadline.seconds == 3


@pytest.mark.parametrize(
    "secret",
    [
        *("whsec_", "whsec_!!", "whsec_c2hvcnQ=", "c2FuZGJveC1zYW5kYm94LXNhbmRib3gh", "whpk_AAAA"),
        *(f"whsec_{'A' * 92}", "whsk_AAAA", "whsec_" + "A" * 31, "_" + "A" * 32),
    ],
)
def test_a_weak_or_wrong_secret_is_refused_and_not_shown(secret):
    with pytest.raises(Misconfigured, match=r"secret: .*24 to 64 bytes") as raised:
        load("webhook", {"secret": secret})
    assert raised.value.field == "secret"
    assert len(secret) < 10 or secret not in str(raised.value)


@pytest.mark.parametrize(
    ("allowed", "reason"),
    [
        (["127.0.0.1"], ""),
        (["HOOKS.example.com", "*.0.0.1"], ""),
        (["hooks.example.com"], "host_not_allowed"),
        (["*.0.1", "x.example.com"], ""),
        (["*.127.0.0.1", "0.0.1"], "host_not_allowed"),
    ],
)
async def test_an_account_may_name_its_hosts(allowed, reason):
    peer = HttpPeer(OK)
    outcome = await sent(peer, allowed_hosts=allowed)
    assert outcome.reason == reason
    assert peer.connections == (0 if reason else 1)


class Trusting(Webhook):
    """Believes one authority, and finds its receiver here."""

    authority: trustme.CA

    def tls_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context


@pytest.mark.parametrize(
    ("certified", "verdict"), [("localhost", Verdict.ACCEPTED), ("other.example", Verdict.RETRY)]
)
async def test_the_certificate_must_be_the_host_s(certified, verdict):
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(certified).configure_cert(server)
    names: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: names.append(name)
    requests: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if request := await read_request(reader):
            requests.append(request)
            writer.write(OK)
            await writer.drain()
        writer.close()

    listener = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=server)
    port = listener.sockets[0].getsockname()[1]
    vendor = Trusting(Webhook.Config(secret=NEW))
    vendor.authority = authority
    vendor.private_hosts = frozenset({f"localhost:{port}"})
    await vendor.open()
    try:
        to = f"https://localhost:{port}/hook"
        [outcome] = await vendor.send([replace(message(port), to=to)])
    finally:
        await vendor.close()
        listener.close()
    assert outcome.verdict is verdict, outcome
    assert (outcome.reason or "tls_failed", len(requests)) == (
        "tls_failed",
        int(verdict is Verdict.ACCEPTED),
    )
    assert names == ["localhost"]


@pytest.mark.parametrize(
    "host", ["", "*", "https://example.com", "example.com:443", "a b", "*.*.x"]
)
def test_what_is_no_host_is_not_listed(host):
    with pytest.raises(Misconfigured) as raised:
        load("webhook", {"secret": NEW, "allowed_hosts": [host]})
    assert raised.value.field == "allowed_hosts.0"
