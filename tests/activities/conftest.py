"""Every line of VENDORS, with its sample."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.vendor import VENDORS, Settlement, Vendor, load, vendor_class
from activities.vendors.webhook import Webhook
from models.messages import Channel, Message, Outcome, Scope, Verdict

SAMPLES = Path(__file__).parent / "vendors" / "samples"


@dataclass(frozen=True)
class Sample:
    """One vendor's example: its settings, a message, and the answer that accepts it."""

    name: str
    content: dict[str, Any]

    def config(self, port: int, *, tls: bool = False) -> dict[str, Any]:
        at = self.content["at"] | (self.content["tls"] if tls else {})
        placed = {key: str(value).format(port=port) for key, value in at.items()}
        return self.content["config"] | placed

    def batch(self, port: int, *, tls: bool = False) -> list[Message]:
        """As full a batch as the vendor takes, up to three."""
        size = min(vendor_class(self.name).max_batch, 3)
        given = self.content["message"] | {"channel": Channel(self.content["message"]["channel"])}
        to = self.content["to_tls"] if tls and self.own_hosts else self.content["to"]
        each = [{"id": f"o.{n}", "to": to[n].format(port=port)} for n in range(size)]
        return [Message(**given | one, request_key=one["id"] + ".r1") for one in each]

    @property
    def own_hosts(self) -> bool:
        """Whether each recipient has a host of its own: nothing there is the account's fault."""
        return "to_tls" in self.content

    def held_against(self, verdict: Verdict, scope: Scope) -> Scope:
        """Who pays for what elsewhere is about the account."""
        if scope is not Scope.ACCOUNT or not self.own_hosts:
            return scope
        return Scope.CONTENT if verdict is Verdict.REFUSED else Scope.RECIPIENT

    def secrets(self) -> list[str]:
        named = {"auth_token", "token", "api_key", "password", "secret"}
        return [value for key, value in self.content["config"].items() if key in named]

    def answer(self) -> bytes:
        """The raw answer that accepts."""
        response = self.content["response"]
        body = json.dumps(response["json"]).encode() if "json" in response else b""
        headers = {"content-length": str(len(body))} | response.get("headers", {})
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {response['status_code']} X\r\n{lines}\r\n".encode() + body


Opened = Callable[..., AbstractAsyncContextManager[Vendor]]


@asynccontextmanager
async def opened(
    sample: Sample, port: int, seconds: float = 5, **changes: Any
) -> AsyncIterator[Vendor]:
    """The vendor at that port, with that deadline for a call."""
    tls = changes.pop("over_tls", False)
    vendor = load(sample.name, sample.config(port, tls=tls) | changes)
    vendor.call_deadline = timedelta(seconds=seconds)
    if isinstance(vendor, Webhook):
        vendor.private_hosts = frozenset({f"127.0.0.1:{port}"})
    await vendor.open()
    try:
        yield vendor
    finally:
        await vendor.close()


def _samples(names: list[str]) -> list[Sample]:
    return [Sample(n, json.loads((SAMPLES / n / "send.json").read_text())) for n in names]


ALL = _samples(sorted(VENDORS))
HTTP = [sample for sample in ALL if "response" in sample.content]


@pytest.fixture(params=ALL, ids=lambda sample: sample.name)
def sample(request: pytest.FixtureRequest) -> Sample:
    return request.param


@pytest.fixture(
    params=[s for s in ALL if vendor_class(s.name).settlement is Settlement.BLIND],
    ids=lambda sample: sample.name,
)
def blind_sample(request: pytest.FixtureRequest) -> Sample:
    """Of a vendor that cannot be asked what it has."""
    return request.param


@pytest.fixture(params=HTTP, ids=lambda sample: sample.name)
def http_sample(request: pytest.FixtureRequest) -> Sample:
    return request.param


@pytest.fixture(
    params=[sample for sample in HTTP if not sample.own_hosts], ids=lambda sample: sample.name
)
def placed_sample(request: pytest.FixtureRequest) -> Sample:
    """Of a vendor whose address is the account's."""
    return request.param


@pytest.fixture
def http_samples() -> list[Sample]:
    return HTTP


@pytest.fixture
def smtp_sample() -> Sample:
    return next(sample for sample in ALL if sample.name == "smtp")


@pytest.fixture
def open_vendor() -> Opened:
    return opened


@pytest.fixture
def no_secret() -> Callable[[Sample, object], None]:
    """Fails if any of the account's secrets is to be seen, whole or in base64."""

    def check(sample: Sample, seen: Outcome | list[Outcome] | str) -> None:
        import base64
        from urllib.parse import quote

        shown = repr(seen)
        for secret in sample.secrets():
            encoded = base64.b64encode(secret.encode()).decode()
            for form in (secret, quote(secret), quote(secret, safe=""), encoded):
                assert form not in shown

    return check
