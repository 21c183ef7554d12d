"""Publishing and rolling back: what counts, for whom at once, and who wins."""

import asyncio
import json
from collections.abc import AsyncIterator

import asyncpg
import pytest
from api_in_process import SECRET_KEYS, serving
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from own_application import own_application
from own_templates import Author

from models.publishing import earlier

WAITERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%template_publish%'
"""


@pytest.fixture(scope="module")
async def author(api, database_url) -> Author:
    return Author(await own_application(api.http, database_url, SECRET_KEYS, []))


@pytest.fixture(scope="module")
async def elsewhere(author, database_url) -> AsyncIterator[Author]:
    """The same author, at another API process."""
    async with serving(database_url, temporal_port=1) as api:
        yield Author(type(author.app)(author.app.id, author.app.key, api.http))


async def test_a_publish_counts_from_the_next_request_on_in_every_process(
    author, elsewhere
) -> None:
    name = await author.make("one", "two", published=1)
    seen = []
    for version in (2, 1, 2):
        here, there = (author, elsewhere) if version == 2 else (elsewhere, author)
        assert await there.sent_version(name) == 3 - version  # it has it in its caches
        await here.publish(name, version)
        seen.append((await there.sent_version(name), await here.sent_version(name)))
    assert seen == [(2, 2), (1, 1), (2, 2)]


async def test_what_was_accepted_keeps_its_version(author) -> None:
    name = await author.make("one", "two", published=1)
    id = (await author.send(name)).json()["id"]

    await author.publish(name, 2)

    assert (await author.app.seen(id))["template_version"] == 1


async def test_the_history_says_who_published_what(author, api) -> None:
    name = await author.make("one", "two", published=1)
    await author.publish(name, 2, expected_published=1)
    view = await author.gets("POST", f"/{name}/rollback", json={})

    said = [(line["version"], line["kind"], line["by"]) for line in view["publishes"]]
    assert said == [(1, "rolled_back", "test"), (2, "published", "test"), (1, "published", "test")]
    assert view["published"] == 1
    details = [json.loads(detail) for _, detail in await author.audited(api.database, name)]
    assert details[-3:] == [
        {"version": 1, "before": None},
        {"version": 2, "before": 1},
        {"version": 1, "before": 2},
    ]


async def test_of_two_publishes_at_once_one_wins(author, api, until) -> None:
    name = await author.make("one", "two", "three", published=1)
    connection: asyncpg.Connection = await asyncpg.connect(*api.database._connect_args)
    async with connection.transaction():
        await connection.execute("SELECT FROM template WHERE name = $1 FOR UPDATE", name)
        asked = [
            asyncio.create_task(author.ask("POST", f"/{name}/versions/{n}/publish", json={}))
            for n in (2, 3)
        ]

        async def both_wait() -> bool:
            return await api.database.fetchval(WAITERS) == 2

        await until(both_wait)
    await connection.close()
    answers = await asyncio.gather(*asked)

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    published = won.json()["published"]
    assert published == (await author.see(name))["published"]
    assert lost.json()["code"] == "published_meanwhile"
    assert lost.json()["published"] == published
    assert lost.json()["detail"] == f"version {published} is published now"
    assert len(won.json()["publishes"]) == 2


async def test_of_many_that_expect_the_same_one_wins(author, at_once) -> None:
    name = await author.make(*(f"text {n}" for n in range(8)), published=1)

    async def publish(n: int) -> int:
        body = {"expected_published": 1}
        answer = await author.ask("POST", f"/{name}/versions/{n + 2}/publish", json=body)
        assert answer.json().get("code") in (None, "published_meanwhile")
        return answer.status_code

    assert sorted(await at_once(7, publish)) == [200] + 6 * [409]


REFUSED = [
    ("versions/9/publish", {}, 404, "not_found"),
    ("versions/1/publish", {}, 409, "already_published"),
    ("versions/2/publish", {"expected_published": 2}, 409, "published_meanwhile"),
    ("versions/2/publish", {"expected_published": 0}, 409, "published_meanwhile"),
    ("versions/2/publish", {"expected_published": -1}, 422, "invalid"),
    ("versions/2/publish", {"version": 2}, 422, "unknown_field"),
    ("rollback", {}, 409, "nothing_to_roll_back_to"),
    ("rollback", {"version": 2}, 409, "never_published"),
    ("rollback", {"version": 1}, 409, "already_published"),
    ("rollback", {"version": 3}, 404, "not_found"),
    ("rollback", {"version": True}, 422, "invalid"),
]


@pytest.mark.parametrize(("path", "body", "status", "code"), REFUSED)
async def test_what_cannot_be_published_changes_nothing(author, path, body, status, code) -> None:
    name = await author.make("one", "two", published=1)
    before = await author.see(name)

    answer = await author.ask("POST", f"/{name}/{path}", json=body)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert await author.see(name) == before
    if status == 409 and code != "nothing_to_roll_back_to" and code != "never_published":
        assert problem["published"] == 1


async def test_nothing_published_yet_is_expected_as_0(author) -> None:
    name = await author.make()
    assert (await author.publish(name, 1, expected_published=0))["published"] == 1


async def test_a_roll_back_goes_one_further_each_time(author) -> None:
    name = await author.make("one", "two", "three", "four")
    for version in (1, 2, 3):
        await author.publish(name, version)

    async def back(**body: int) -> int:
        return (await author.gets("POST", f"/{name}/rollback", json=body))["published"]

    assert [await back(), await back()] == [2, 1]
    await author.publish(name, 4)
    assert await back() == 1
    assert await back(version=3) == 3
    assert await back() == 1


MOVES = st.lists(
    st.tuples(st.sampled_from(["publish", "roll back", "back to"]), st.integers(1, 4)), max_size=8
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(moves=MOVES)
async def test_what_is_sent_is_always_what_was_published_last(author, moves) -> None:
    """Whatever is published and rolled back, refused moves among them."""
    name = await author.make("one", "two", "three", "four")
    history: list[tuple[str, int]] = []
    for move, version in moves:
        published = history[-1][1] if history else None
        known = {v for _, v in history}
        if move == "publish":
            answer = await author.ask("POST", f"/{name}/versions/{version}/publish", json={})
            target = version if version != published else None
        elif move == "back to":
            answer = await author.ask("POST", f"/{name}/rollback", json={"version": version})
            target = version if version in known - {published} else None
        else:
            answer = await author.ask("POST", f"/{name}/rollback", json={})
            target = earlier(history)
        assert answer.status_code == (200 if target else 409), answer.text
        if target:
            history.append(("published" if move == "publish" else "rolled_back", target))

    view = await author.see(name)

    assert [(line["kind"], line["version"]) for line in reversed(view["publishes"])] == history
    assert view["published"] == (history[-1][1] if history else None)
    if history:
        assert await author.sent_version(name) == view["published"]
