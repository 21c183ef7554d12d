"""The same Idempotency-Key: one notification, one answer, whoever else asks at once."""

import pytest

from models.repositories.idempotency import LOCK


async def count(api) -> int:
    return (await api.rows())["notification"]


async def test_the_same_key_and_body_get_the_same_answer(api, body) -> None:
    before = await count(api)

    first = await api.send(body(), Idempotency_Key="order-1")
    second = await api.send(body(), Idempotency_Key="order-1")

    assert first.status_code == second.status_code == 202
    assert second.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert await count(api) == before + 1


async def test_a_key_is_the_same_bare_and_quoted(api, body) -> None:
    first = await api.send(body(), Idempotency_Key="order-2")
    second = await api.send(body(), Idempotency_Key='"order-2"')

    assert second.content == first.content


async def test_the_order_of_fields_makes_no_other_body(api, body) -> None:
    sent = body(metadata={"a": "1", "b": "2"})
    turned = {**dict(reversed(sent.items())), "metadata": {"b": "2", "a": "1"}}

    first = await api.send(sent, Idempotency_Key="order-3")
    second = await api.send(turned, Idempotency_Key="order-3")

    assert second.content == first.content


async def test_another_body_is_a_422(api, body, refused) -> None:
    first = await api.send(body(), Idempotency_Key="order-4")
    before = await api.rows()

    answer = await api.send(body(data={"name": "Eve"}), Idempotency_Key="order-4")

    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert answer.json()["field"] == "Idempotency-Key"
    assert await api.rows() == before
    assert (await api.send(body(), Idempotency_Key="order-4")).content == first.content


async def test_a_key_means_nothing_to_other_applications_and_routes(api, body) -> None:
    first = await api.send(body(), Idempotency_Key="order-5")

    batch = await api.batch([body()], Idempotency_Key="order-5")
    other = await api.new_key(application="elsewhere")
    elsewhere = await api.send(body(), Idempotency_Key="order-5", Authorization=f"Bearer {other}")

    assert batch.status_code == 202
    assert batch.json()["items"][0]["id"] != first.json()["id"]
    assert elsewhere.json()["code"] == "unknown_category"  # decided afresh: it has no categories


async def test_fifty_callers_at_once_make_one_notification(api, body, at_once) -> None:
    before = await count(api)

    answers = await at_once(50, lambda _: api.send(body(), Idempotency_Key="order-6"))

    accepted = {a.content for a in answers if a.status_code == 202}
    in_flight = [a for a in answers if a.status_code == 409]
    assert len(accepted) == 1
    assert len(in_flight) + sum(a.status_code == 202 for a in answers) == 50
    for answer in in_flight:
        assert answer.json()["code"] == "in_flight"
        assert answer.headers["retry-after"] == "1"
    assert await count(api) == before + 1
    assert (await api.send(body(), Idempotency_Key="order-6")).content in accepted


async def test_while_the_first_is_at_work_the_second_is_told_to_wait(
    api, body, refused, application_id
) -> None:
    name = f"{application_id}/notifications/order-7"
    lock = LOCK.text.replace(":name", "$1")
    async with api.database.acquire() as held, held.transaction():
        assert await held.fetchval(lock, name)

        answer = await api.send(body(), Idempotency_Key="order-7")

        problem = await refused(answer, 409, "in_flight", "Idempotency-Key")
        assert answer.headers["retry-after"] == "1"
        assert problem["detail"]
    assert (await api.send(body(), Idempotency_Key="order-7")).status_code == 202


async def test_a_refused_request_leaves_its_key_free(api, body) -> None:
    refused = await api.send(body(template="nope"), Idempotency_Key="order-8")
    accepted = await api.send(body(), Idempotency_Key="order-8")

    assert (refused.status_code, accepted.status_code) == (422, 202)


async def test_a_key_of_seven_days_ago_is_free_again(api, body) -> None:
    first = await api.send(body(), Idempotency_Key="order-9")
    await api.database.execute(
        "UPDATE idempotency_key SET expires_at = now() WHERE key = 'order-9'"
    )

    second = await api.send(body(data={"name": "Eve"}), Idempotency_Key="order-9")

    assert second.status_code == 202
    assert second.json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("key", "limit"),
    [
        ('""', 255),
        ("a" * 256, 255),
        ('"' + "a" * 256 + '"', 255),
        ("a" * 300, 255),
        ("tab\there", None),
        ("café", None),
    ],
)
async def test_a_key_of_another_shape_is_refused(
    api, body, refused, key: str, limit: int | None
) -> None:
    answer = await api.send(body(), Idempotency_Key=key.encode("latin-1"))
    problem = await refused(answer, 422, "invalid", "Idempotency-Key")
    assert problem.get("limit") == limit


@pytest.mark.parametrize("key", ["a", '"', "a" * 255, '"' + "b" * 255 + '"', 'a"b', " ~!"])
async def test_a_key_of_printable_ascii_is_taken(api, body, key) -> None:
    assert (await api.send(body(), Idempotency_Key=key)).status_code == 202


async def test_two_keys_at_once_are_refused(api, body, refused) -> None:
    headers = [("Idempotency-Key", "a-1"), ("Idempotency-Key", "a-2")]

    answer = await api.http.post("/v1/notifications", json=body(), headers=headers)

    await refused(answer, 422, "invalid", "Idempotency-Key")
