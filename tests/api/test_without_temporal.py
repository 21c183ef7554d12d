"""Temporal away: what is accepted never waits for it."""

import statistics
import time

import asyncpg


async def test_fifty_are_accepted_while_nothing_listens_at_temporals_port(api, body) -> None:
    before = await api.rows()
    seconds = []

    for n in range(50):
        began = time.perf_counter()
        answer = await api.send(body(metadata={"n": str(n)}))
        seconds.append(time.perf_counter() - began)
        assert answer.status_code == 202

    after = await api.rows()
    print(f"\n202 without Temporal: median of 50 {statistics.median(seconds) * 1000:.1f} ms")
    assert after["notification"] - before["notification"] == 50
    assert after["workflow_start"] - before["workflow_start"] == 50  # the relay will find each


async def test_under_load_new_ones_wait_to_share_a_workflow(api, body, until) -> None:
    async def shared() -> int:
        await api.send(body())
        return await api.database.fetchval(
            "SELECT count(*) FROM workflow_start WHERE kind = 'shared'"
        )

    assert await until(shared)


async def test_cancelling_needs_no_temporal(api, body) -> None:
    id = (await api.send(body())).json()["id"]

    answer = await api.http.delete(f"/v1/notifications/{id}")

    assert (answer.status_code, answer.json()["outcome"]) == (200, "stopped")
    assert answer.json()["status"] == "cancelled"


async def test_a_start_row_is_written_with_each_notification(api, body) -> None:
    id = (await api.send(body(category="newsletter"))).json()["id"]

    row: asyncpg.Record = await api.database.fetchrow(
        "SELECT * FROM workflow_start WHERE id = $1", id
    )
    assert (row["priority"], row["channels"], row["size"]) == ("low", ["email"], 1)
