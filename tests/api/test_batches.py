"""Batches: each item its own result; a bad one does not hold up the others."""

import pytest
from uuid_utils.compat import uuid7


async def test_each_item_is_told_what_became_of_it(api, body) -> None:
    before = await api.rows()
    items = [body(), body(template="nope"), body(colour=1), body(to={"sms": "x"}), body()]

    answer = await api.batch(items)

    view = answer.json()
    assert answer.status_code == 202
    assert (view["accepted"], view["duplicates"], view["refused"]) == (2, 0, 3)
    assert [item["index"] for item in view["items"]] == [0, 1, 2, 3, 4]
    problems = [item.get("problem", {}) for item in view["items"]]
    assert [(p.get("code"), p.get("field")) for p in problems] == [
        (None, None),
        ("unknown_template", "template"),
        ("unknown_field", "colour"),
        ("phone_invalid", "to.sms"),
        (None, None),
    ]
    assert all(p["status"] == 422 and p["detail"] for p in problems if p)
    after = await api.rows()
    assert after["notification"] - before["notification"] == 2
    assert after["owner"] - before["owner"] == 1
    seen = await api.http.get(f"/v1/notifications/{view['items'][4]['id']}")
    assert seen.json()["workflow_id"] == f"batch/{view['batches']['medium']}"


async def test_there_is_one_owner_for_each_priority(api, body) -> None:
    before = await api.rows()
    items = [
        body(),
        body(category="newsletter"),
        body(template="otp", data={"code": "1"}),
        body(category="newsletter"),
    ]

    view = (await api.batch(items)).json()

    assert sorted(view["batches"]) == ["high", "low", "medium"]
    assert (await api.rows())["owner"] - before["owner"] == 3
    rows = await api.database.fetch(
        "SELECT o.id::text, o.kind, o.priority, count(*) AS size FROM owner o"
        " JOIN notification n ON n.owner_id = o.id WHERE o.id = ANY($1) GROUP BY o.id",
        list(view["batches"].values()),
    )
    assert {row["priority"]: (row["id"], row["kind"], row["size"]) for row in rows} == {
        "high": (view["batches"]["high"], "batch", 1),
        "medium": (view["batches"]["medium"], "batch", 1),
        "low": (view["batches"]["low"], "batch", 2),
    }


async def test_a_thousand_items_are_one_owner_and_one_start(api, body) -> None:
    before = await api.rows()

    answer = await api.batch([body(to={"email": f"p{n}@example.com"}) for n in range(1000)])

    assert answer.json()["accepted"] == 1000
    after = await api.rows()
    changes = {name: after[name] - before[name] for name in after}
    assert changes == {
        "notification": 1000,
        "owner": 1,
        "workflow_start": 1,
        "event": 1000,
        "idempotency_key": 0,
        "dedupe_key": 0,
    }


@pytest.mark.parametrize(("items", "limit"), [(1001, 1000), (0, 1)])
async def test_too_many_or_none_are_refused(api, body, refused, items, limit) -> None:
    problem = await refused(await api.batch([body()] * items), 422, "invalid", "items")

    assert problem["limit"] == limit


async def test_all_refused_writes_nothing_but_the_answer(api, body) -> None:
    before = await api.rows()

    answer = await api.batch([body(template="nope")] * 3, Idempotency_Key="all-refused")

    assert answer.status_code == 202
    assert (answer.json()["accepted"], answer.json()["refused"]) == (0, 3)
    assert answer.json()["batches"] == {}
    assert await api.rows() == {**before, "idempotency_key": before["idempotency_key"] + 1}


@pytest.mark.parametrize("item", ["x", 1, None, [], True])
async def test_an_item_that_is_no_object_is_refused_alone(api, body, item) -> None:
    view = (await api.batch([body(), item])).json()

    assert (view["accepted"], view["refused"]) == (1, 1)
    assert view["items"][1]["problem"]["code"] == "invalid"


async def test_a_batch_is_replayed_byte_for_byte(api, body) -> None:
    first = await api.batch([body(), body(x=1)], Idempotency_Key="batch-1")
    before = await api.rows()

    second = await api.batch([body(), body(x=1)], Idempotency_Key="batch-1")

    assert second.content == first.content
    assert second.headers["idempotency-replayed"] == "true"
    assert await api.rows() == before


async def test_the_same_key_takes_one_item_of_a_batch(api, body) -> None:
    key = str(uuid7())

    view = (await api.batch([body(dedupe_key=key)] * 3)).json()

    assert (view["accepted"], view["duplicates"]) == (1, 2)
    assert len({item["id"] for item in view["items"]}) == 1
    assert [item["status"] for item in view["items"]] == ["accepted", "duplicate", "duplicate"]


async def test_the_same_key_takes_one_item_of_two_batches(api, body) -> None:
    key = str(uuid7())
    first = (await api.batch([body(dedupe_key=key)])).json()
    before = await api.rows()

    second = (await api.batch([body(dedupe_key=key)])).json()

    assert second["items"] == [{"index": 0, "status": "duplicate", "id": first["items"][0]["id"]}]
    assert await api.rows() == before


async def test_the_same_key_for_another_item_is_refused(api, body) -> None:
    key = str(uuid7())
    await api.batch([body(dedupe_key=key)])

    other = body(dedupe_key=key, data={"name": "Eve"})
    view = (await api.batch([other, body(dedupe_key=key), body()])).json()

    assert [item["status"] for item in view["items"]] == ["refused", "duplicate", "accepted"]
    problem = view["items"][0]["problem"]
    assert (problem["code"], problem["field"]) == ("key_reused", "dedupe_key")


async def test_a_refused_item_leaves_its_key_free(api, body) -> None:
    key = str(uuid7())

    view = (await api.batch([body(dedupe_key=key, template="nope"), body(dedupe_key=key)])).json()

    assert [item["status"] for item in view["items"]] == ["refused", "accepted"]


async def test_a_key_is_another_in_another_application(api, body, application_id) -> None:
    key = str(uuid7())
    await api.batch([body(dedupe_key=key)])
    elsewhere = await api.new_key(application="elsewhere")

    view = (await api.batch([body(dedupe_key=key)], Authorization=f"Bearer {elsewhere}")).json()

    assert view["items"][0]["problem"]["code"] == "unknown_category"


@pytest.mark.parametrize("key", ["", "a" * 256, 1, None, "a\0"])
async def test_a_dedupe_key_of_another_shape_is_refused(api, body, key) -> None:
    answer = await api.batch([body(dedupe_key=key)])

    if key is None:
        assert answer.json()["accepted"] == 1
    elif key == "a\0":
        problem = answer.json()["items"][0]["problem"]
        assert (problem["code"], problem["field"]) == ("nul", "dedupe_key")
    else:
        assert answer.json()["items"][0]["problem"]["field"] == "dedupe_key"


async def test_twenty_batches_at_once_take_each_key_once(api, body, at_once) -> None:
    keys = [str(uuid7()) for _ in range(30)]
    before = await api.rows()

    def shuffled(n: int) -> list[dict[str, object]]:
        turned = keys[n:] + keys[:n]
        return [body(dedupe_key=key) for key in (turned[::-1] if n % 2 else turned)]

    answers = await at_once(20, lambda n: api.batch(shuffled(n)))

    assert {answer.status_code for answer in answers} == {202}
    ids: dict[str, set[str]] = {}
    accepted = 0
    for n, answer in enumerate(answers):
        for asked, item in zip(shuffled(n), answer.json()["items"], strict=True):
            ids.setdefault(str(asked["dedupe_key"]), set()).add(item["id"])
            accepted += item["status"] == "accepted"
    assert accepted == 30
    assert all(len(found) == 1 for found in ids.values())
    after = await api.rows()
    assert after["notification"] - before["notification"] == 30
    assert after["dedupe_key"] - before["dedupe_key"] == 30
