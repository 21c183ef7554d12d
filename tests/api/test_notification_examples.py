"""The document's examples of edits, resends and lists are taken as they stand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from api_in_process import NOTIFICATIONS

from api.notification_list_views import NotificationPage


@pytest.fixture
async def examples(api) -> Any:
    document = (await api.http.get("/openapi.json")).json()

    def of(name: str) -> list[Any]:
        found: list[Any] = document["components"]["schemas"][name]["examples"]
        return found

    return of


async def scheduled(api, body) -> str:
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    return str((await api.send(body(send_at=later))).json()["id"])


async def test_every_example_of_an_edit_is_taken(api, body, examples) -> None:
    for example in examples("NotificationPatch"):
        id = await scheduled(api, body)
        answer = await api.http.patch(f"{NOTIFICATIONS}/{id}", json=example)
        assert answer.status_code == 200, answer.text


async def test_every_example_of_a_resend_is_taken(api, body, examples) -> None:
    for example in examples("ResendCreate"):
        id = await scheduled(api, body)
        await api.http.delete(f"{NOTIFICATIONS}/{id}")
        answer = await api.http.post(f"{NOTIFICATIONS}/{id}/resend", json=example)
        assert answer.status_code == 202, answer.text


async def test_the_example_of_a_page_is_one(api, body, examples) -> None:
    await scheduled(api, body)
    found = (await api.http.get(NOTIFICATIONS)).json()
    for example in examples("NotificationPage"):
        page = NotificationPage.model_validate(example).model_dump()
        assert page["items"][0].keys() == found["items"][0].keys()
