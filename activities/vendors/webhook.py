"""Webhooks of anybody, signed. https://github.com/standard-webhooks/standard-webhooks (spec/)

The recipient's address is the URL, so every call goes to a host that a stranger named: see
`activities.guarded_connector`. `webhook-id` is the message's and stays the same on every attempt,
re-sends too. Not supported, and therefore said: a look-up, and redirects, which are refused.
"""

import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any

import httpx
from aiohttp import ClientConnectorDNSError, ClientConnectorError, TCPConnector
from pydantic import Field, StringConstraints

from activities.guarded_connector import Guard, NotPublic, guarded_connector
from activities.http_statuses import body_text, from_status
from activities.http_vendor import CONNECTIONS, IDLE_SECONDS, HttpVendor
from activities.vendor import Settlement
from activities.vendor_config import NO_DESTINATION, VendorConfig
from activities.webhook_signing import SigningKey, signature
from models.errors import Invalid
from models.messages import Channel, Message, Outcome, Scope, Verdict
from models.webhook_urls import Target, private_hosts, target

GONE = 410
# Exact, or all beneath a domain: *.example.com.
Host = Annotated[str, StringConstraints(to_lower=True, pattern=r"^(\*\.)?[^\s*/:@]+$")]


class Webhook(HttpVendor):
    """A POST of the message's JSON, with the three headers of Standard Webhooks."""

    name = "webhook"
    channel = Channel.WEBHOOK
    settlement = Settlement.BLIND
    settle_within = timedelta(minutes=5)  # what the standard tells receivers to remember ids for
    peer = Scope.RECIPIENT
    reads_acceptances = False

    class Config(VendorConfig):
        """What an account needs: a secret, `whsec_…` shared or `whsk_…` for ed25519.

        `previous_secret` signs as well while receivers change over to the new one. A secret that
        signs is never sent: it may stay whatever hosts are allowed.
        """

        secret: SigningKey
        previous_secret: SigningKey | None = None
        header_prefix: str = Field("webhook-", pattern=r"^[a-z][a-z0-9-]{0,38}-$")
        timeout_seconds: float = Field(10, ge=1, le=10)
        allowed_hosts: Annotated[tuple[Host, ...], NO_DESTINATION] = Field((), max_length=1000)
        receiver_deduplicates: bool = False

    config: Config

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.call_deadline = timedelta(seconds=config.timeout_seconds)
        if config.receiver_deduplicates:
            self.settlement = Settlement.IDEMPOTENT
        self.private_hosts = private_hosts()

    def connector(self, context: ssl.SSLContext) -> TCPConnector:
        """Connections to the public internet, and to what the operator listed."""
        self.guard = self.new_guard()
        return guarded_connector(
            self.guard, context, limit=CONNECTIONS, keepalive_timeout=IDLE_SECONDS
        )

    def new_guard(self) -> Guard:
        """What asks the DNS."""
        return Guard(self.private_hosts)

    async def close(self) -> None:
        """Close the pool, and let go of the guard's threads."""
        await super().close()
        await self.guard.close()

    def request(self, batch: Sequence[Message]) -> httpx.Request:
        """POST to the recipient's URL; Invalid if that leads where nothing is sent."""
        [message] = batch
        there = target(message.to, "to", self.private_hosts)
        self._check_allowed(there)
        body = message.text.encode()
        headers = {"Content-Type": "application/json", **self._signed(message, body)}
        return httpx.Request("POST", there.url, content=body, headers=headers)

    def outcomes(self, response: httpx.Response, batch: Sequence[Message]) -> list[Outcome]:
        """Any 2xx, whatever its body."""
        return [Outcome(Verdict.ACCEPTED, vendor_id=webhook_id(message)) for message in batch]

    def classify(self, response: httpx.Response, batch: Sequence[Message]) -> list[Outcome]:
        """Nothing that one receiver says is about the account: the next one may take it."""
        status, shared = response.status_code, from_status(response, 1)
        if 300 <= status < 400:
            detail = f"{status}: redirects are not followed; give the URL that it leads to"
            return [Outcome(Verdict.REFUSED, reason="redirect", detail=detail)]
        if status == GONE:
            detail = f"{status}: {body_text(response)}"
            reason = "webhook_gone"
            return [Outcome(Verdict.REFUSED, scope=self.peer, reason=reason, detail=detail)]
        if shared.scope is Scope.ACCOUNT:
            scope = Scope.CONTENT if shared.verdict is Verdict.REFUSED else self.peer
            return [replace(shared, scope=scope)]
        return [shared]

    def unanswered(self, error: Exception) -> Outcome:
        """A host that the DNS does not know, or that may not be reached, was not called."""
        shared, cause = super().unanswered(error), error.__cause__
        if isinstance(cause, ClientConnectorError) and isinstance(cause.os_error, NotPublic):
            detail = str(cause.os_error)
            return Outcome(Verdict.REFUSED, reason="not_public", detail=detail)
        if isinstance(cause, ClientConnectorDNSError):
            return replace(shared, reason="unknown_host")
        return shared

    def _check_allowed(self, there: Target) -> None:
        allowed = self.config.allowed_hosts
        beneath = (f"*.{there.host[n + 1 :]}" for n, c in enumerate(there.host) if c == ".")
        if allowed and there.host not in allowed and not any(b in allowed for b in beneath):
            raise Invalid("the account does not send to this host", reason="host_not_allowed")

    def _signed(self, message: Message, body: bytes) -> Mapping[str, str]:
        id, now = webhook_id(message), int(time.time())
        keys = filter(None, (self.config.secret, self.config.previous_secret))
        words = [signature(key.get_secret_value(), id, now, body) for key in keys]
        named = {"id": id, "timestamp": str(now), "signature": " ".join(words)}
        return {f"{self.config.header_prefix}{name}": value for name, value in named.items()}


def webhook_id(message: Message) -> str:
    """The message's id without its full stop, which separates what is signed."""
    return message.id.replace(".", "_")
