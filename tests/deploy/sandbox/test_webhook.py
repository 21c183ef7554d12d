from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from standardwebhooks import Webhook

from deploy.local.sandbox.journal import read
from deploy.local.sandbox.server import Running, running
from deploy.local.sandbox.webhook import SECRET

BODY = '{"type": "order.shipped", "data": {"order": "4711"}}'
OTHER = "whsec_" + "A" * 32


def headers(id: str = "o_1", secret: str = SECRET, age: float = 0, body: str = BODY) -> Any:
    at = datetime.now(UTC) - timedelta(seconds=age)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(id, at, body),
        "Idempotency-Key": "o.1",
    }


async def send(http: aiohttp.ClientSession, path: str = "/webhooks/shop", **signed: Any) -> int:
    body = signed.get("body", BODY)
    async with http.post(path, data=body.encode(), headers=headers(**signed)) as response:
        return response.status


async def test_what_is_signed_is_journalled(sandbox: Running, http: aiohttp.ClientSession) -> None:
    assert await send(http) == 204
    [effect] = read(sandbox.desk.journal.path)
    assert (effect.vendor, effect.account, effect.key) == ("webhook", "shop", "o.1")
    assert (effect.vendor_id, effect.to) == ("o_1", f"{sandbox.http_url}/webhooks/shop")
    assert (effect.subject, effect.text) == ("order.shipped", BODY)


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"secret": OTHER}, 401), ({"age": 400}, 401), ({"age": -400}, 401), ({"body": "[1]"}, 400)],
)
async def test_what_does_not_verify_is_refused(
    sandbox: Running, http: aiohttp.ClientSession, changed: dict[str, Any], status: int
) -> None:
    assert await send(http, **changed) == status
    assert list(read(sandbox.desk.journal.path)) == []
    assert sandbox.desk.refusals == {"webhook": 1}


@pytest.mark.parametrize("signature", ["", "v1", "v1,", "v1,%%%", "v1,a,b", "v2,AAAA", "é"])
async def test_words_of_no_signature_are_refused(
    sandbox: Running, http: aiohttp.ClientSession, signature: str
) -> None:
    wrong = headers() | {"webhook-signature": signature}
    async with http.post("/webhooks/shop", data=BODY.encode(), headers=wrong) as response:
        assert response.status == 401


async def test_once_takes_each_id_once_after_a_restart_too(tmp_path: Any) -> None:
    for expected in (1, 1):
        async with (
            running(tmp_path) as sandbox,
            aiohttp.ClientSession(f"http://127.0.0.1:{sandbox.http_port}") as http,
        ):
            host = {"Host": "receiver.example"}
            for _ in range(2):
                named = headers() | host
                async with http.post("/webhooks/a/once", data=BODY, headers=named) as response:
                    assert response.status == 204
            assert len(list(read(sandbox.desk.journal.path))) == expected


async def test_the_mailbox_shows_it(sandbox: Running, http: aiohttp.ClientSession) -> None:
    await send(http)
    async with http.get("/?vendor=webhook") as response:
        page = await response.text()
    assert "order.shipped" in page
    assert '<span class="pill webhook">Webhook</span>' in page
    async with http.get("/messages/1") as response:
        assert "4711" in await response.text()
