"""A caller that keeps its own journal: what it got no answer for, it asks again with the same key.

The journal is the first of the three ledgers, so a line is written only for an answer of 202.
"""

import asyncio
import itertools
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

CHANNELS = ("email", "sms", "telegram")
CONTENT = {
    "email": {"subject": "Hello", "text": "A message of the fault suite."},
    "sms": {"text": "A message of the fault suite."},
    "telegram": {"text": "A message of the fault suite."},
}
AGAIN = (409, 429, 500, 502, 503, 504)
BATCH = 25
_numbers = itertools.count(1)


def requests(count: int, priorities: Sequence[str] = ("medium", "low")) -> list[dict[str, Any]]:
    """Notifications to `count` people nobody wrote to before; every tenth is for later."""
    return [_request(n, priorities) for n in itertools.islice(_numbers, count)]


def _request(n: int, priorities: Sequence[str]) -> dict[str, Any]:
    channel = CHANNELS[n % 3]
    addresses = {
        "email": f"person-{n}@example.com",
        "sms": f"+49151{n:08d}",
        "telegram": str(700_000_000 + n),
    }
    body: dict[str, Any] = {
        "to": {channel: addresses[channel]},
        "content": {channel: CONTENT[channel]},
        "category": "transactional",
        "priority": priorities[n // 3 % len(priorities)],
    }
    if n % 10 == 0:
        body["send_at"] = None  # soon: named when it is sent
    return body


def _timed(body: dict[str, Any]) -> dict[str, Any]:
    """Due a little later than the longest outage: a time in the past would be refused."""
    if "send_at" not in body:
        return body
    return body | {"send_at": (datetime.now(UTC) + timedelta(seconds=12)).isoformat()}


class Client:
    """Sends, and writes down what was promised."""

    def __init__(self, api: str, key: str, journal: Path) -> None:
        self.journal = journal
        self.accepted = 0
        self.repeated = 0  # calls that had to be asked again
        self._http = httpx.AsyncClient(
            base_url=api, headers={"Authorization": f"Bearer {key}"}, timeout=5
        )
        self._calls = asyncio.Semaphore(8)
        self._keys = itertools.count(1)

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, bodies: Sequence[dict[str, Any]]) -> list[str]:
        """Half of them one by one, half in batches; the ids, once all have been promised."""
        half = len(bodies) // 2
        batches = [list(bodies[i : i + BATCH]) for i in range(half, len(bodies), BATCH)]
        singles = [self.send_one(body) for body in bodies[:half]]
        # Mixed, as they would come.
        calls = [*singles]
        for place, batch in enumerate(batches):
            calls.insert(place * (BATCH + 1), self._batch(batch))
        answers = await asyncio.gather(*calls)
        return [id for ids in answers for id in ids]

    async def send_one(self, body: dict[str, Any]) -> list[str]:
        """Its id, once it has been promised."""
        answer = await self._until_answered("/v1/notifications", lambda: _timed(body))
        return self._write([body], [answer["id"]])

    async def _batch(self, bodies: list[dict[str, Any]]) -> list[str]:
        items = await self._until_answered(
            "/v1/notifications/batch", lambda: {"items": [_timed(body) for body in bodies]}
        )
        assert items["accepted"] == len(bodies), items
        return self._write(bodies, [item["id"] for item in items["items"]])

    async def _until_answered(self, path: str, make: Callable[[], dict[str, Any]]) -> Any:
        headers = {"Idempotency-Key": f"{self.journal.stem}-{next(self._keys)}"}
        async with self._calls, asyncio.timeout(60):
            body = make()  # once: the same key asks for the same body
            while True:
                try:
                    answer = await self._http.post(path, json=body, headers=headers)
                except httpx.TransportError:
                    status = 0
                else:
                    status = answer.status_code
                    if status == 202:
                        return answer.json()
                assert status in (0, *AGAIN), answer.text
                self.repeated += 1
                await asyncio.sleep(0.1)

    def _write(self, bodies: list[dict[str, Any]], ids: list[str]) -> list[str]:
        with self.journal.open("a") as file:
            for body, id in zip(bodies, ids, strict=True):
                [(channel, address)] = body["to"].items()
                file.write(json.dumps({"id": id, "channel": channel, "to": address}) + "\n")
        self.accepted += len(ids)
        return ids
