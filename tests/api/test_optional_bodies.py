"""A body in which nothing must be said need not be sent."""

from typing import Any

import pytest
from uuid_utils.compat import uuid7

ID = "01890000-0000-7000-8000-000000000000"
# Each leads to nothing, and says by this field that the body was no obstacle.
PATHS = {
    f"/v1/notifications/{ID}/resend": "id",
    f"/v1/campaigns/{ID}/preview": "campaign_id",
    f"/v1/templates/{ID}/versions/1/publish": "name",
    f"/v1/templates/{ID}/rollback": "name",
    f"/v1/keys/{ID}/rotate": "key_id",
}


async def test_these_are_all_posts_that_need_nothing(api) -> None:
    document = (await api.http.get("/openapi.json")).json()
    optional = {
        path
        for path, operations in document["paths"].items()
        if not operations.get("post", {}).get("requestBody", {"required": True}).get("required")
    }
    assert {path.rpartition("/")[2] for path in optional} == {p.rpartition("/")[2] for p in PATHS}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("sent", [{}, {"json": {}}], ids=["without", "empty"])
async def test_it_is_the_same_without_a_body(api, refused, path: str, sent: Any) -> None:
    answer = await api.http.post(path, **sent)
    await refused(answer, 404, "not_found", PATHS[path])


async def test_a_template_goes_live_and_back_without_a_body(api) -> None:
    name = f"bodiless-{uuid7()}"
    made = {"name": name, "content": {"sms": {"default": {"text": "Hello"}}}}
    assert (await api.http.post("/v1/templates", json=made)).status_code == 201
    path = f"/v1/templates/{name}"
    answer = await api.http.post(f"{path}/versions", json={"content": made["content"]})
    assert answer.status_code == 201

    published = [
        (await api.http.post(f"{path}/versions/{n}/publish")).json()["published"] for n in (1, 2)
    ]
    back = await api.http.post(f"{path}/rollback")

    assert published == [1, 2]
    assert back.json()["published"] == 1


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_that_is_sent_must_be_one(api, refused, path: str) -> None:
    answer = await api.http.post(path, content=b"hash=1")
    await refused(answer, 415, "unsupported_media_type", "Content-Type")
