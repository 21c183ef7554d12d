"""How many uploads there are at once: one application's slow ones leave places to others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from api_in_process import Api

from api import audience_intake, ndjson_intake
from api.places import Places

Send = Callable[[Any], Awaitable[httpx.Response]]
LINES = b'{"external_id": "a"}\n'
CSV = b"to\nada@example.com\n"


async def audience(api: Api, key: str) -> Send:
    """Uploads to audiences of this key's application, each to another."""

    async def send(content: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"}
        body = {"channel": "email", "format": "csv"}
        made = await api.http.post("/v1/audiences", json=body, headers=headers)
        path = f"/v1/audiences/{made.json()['id']}/content"
        return await api.http.put(path, content=content, headers=headers)

    return send


async def people(api: Api, key: str) -> Send:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}

    async def send(content: Any) -> httpx.Response:
        return await api.http.post("/v1/profiles/bulk", content=content, headers=headers)

    return send


@pytest.mark.parametrize(
    ("kind", "places", "content"),
    [(audience, audience_intake.PLACES, CSV), (people, ndjson_intake.PLACES, LINES)],
)
async def test_an_application_has_its_share_and_others_get_theirs(
    api: Api, kind: Any, places: Places, content: bytes
) -> None:
    most = places.most_of["application"]
    send = await kind(api, await api.new_key())
    others = await kind(api, await api.new_key(application="somebody else"))
    end, begun = asyncio.Event(), asyncio.Semaphore(0)

    async def slow() -> AsyncIterator[bytes]:
        begun.release()
        yield content
        await end.wait()

    uploads = [asyncio.create_task(send(slow())) for _ in range(most)]
    async with asyncio.timeout(20):
        for _ in uploads:
            await begun.acquire()
    refused = await send(content)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_uploads")
    assert (refused.json()["limit"], refused.headers["retry-after"]) == (most, "5")
    assert (await others(content)).status_code == 200
    end.set()
    assert {(await upload).status_code for upload in uploads} == {200}
    assert (await send(content)).status_code == 200
