"""How often a key may call: said in every answer, and held."""

import asyncio
import re
import time
from uuid import uuid4

import pytest
from api_in_process import serving

from api.limits import Bucket, Limits
from models.repositories.api_keys import Caller

MOST_MICROSECONDS = 20
POLICY = re.compile(r'^"key";q=(\d+);w=(\d+)$')
LEFT = re.compile(r'^"key";r=(\d+);t=(\d+)$')


def caller(per_second: float | None = None) -> Caller:
    return Caller(uuid4(), uuid4(), "app", "team", frozenset(), None, per_second)


@pytest.fixture
async def slow(database_url):
    async with serving(database_url, temporal_port=1, key_requests_per_second=0.5) as api:
        yield api


async def test_one_too_many_is_refused_until_its_time_has_come(slow) -> None:
    path = "/v1/notifications/01890000-0000-7000-8000-000000000000"
    answers = [await slow.http.get(path) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [404] * 5 + [429]
    assert [answer.headers["ratelimit-policy"] for answer in answers] == ['"key";q=5;w=10'] * 6
    left = [LEFT.match(answer.headers["ratelimit"]) for answer in answers]
    assert [int(match[1]) for match in left if match] == [4, 3, 2, 1, 0, 0]
    problem = answers[-1].json()
    assert (problem["code"], problem["limit"]) == ("rate_limited", 5)
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 2
    await asyncio.sleep(float(answers[-1].headers["retry-after"]))  # as a caller is told to
    assert (await slow.http.get(path)).status_code == 404


async def test_a_key_has_its_own_limit_before_its_applications(api) -> None:
    id = await api.database.fetchval(
        "INSERT INTO application (id, name, requests_per_second) VALUES (gen_random_uuid(),"
        " gen_random_uuid()::text, 7) RETURNING name"
    )
    key = await api.new_key(application=id)
    header = {"Authorization": f"Bearer {key}"}
    answer = await api.http.get("/v1/keys", headers=header)
    assert answer.headers["ratelimit-policy"] == '"key";q=70;w=10'
    body = {"name": "x", "owner": "y", "scopes": ["keys:read"], "requests_per_second": 3}
    own = (await api.http.post("/v1/keys", json=body, headers=header)).json()["key"]
    answer = await api.http.get("/v1/keys", headers={"Authorization": f"Bearer {own}"})
    assert answer.headers["ratelimit-policy"] == '"key";q=30;w=10'


async def test_accepted_and_refused_alike_say_what_is_left(api, body) -> None:
    for answer in (await api.send(body()), await api.send({})):
        assert answer.status_code in (202, 422)
        assert POLICY.match(answer.headers["ratelimit-policy"])
        assert LEFT.match(answer.headers["ratelimit"])
    for path in ("/health/live", "/openapi.json"):
        assert "ratelimit" not in (await api.http.get(path)).headers


@pytest.mark.parametrize(("per_second", "quota", "window"), [(1000, 10000, 10), (0.01, 1, 100)])
def test_a_bucket_never_lets_more_through_than_it_says(
    per_second: float, quota: int, window: int
) -> None:
    bucket = Bucket(per_second, 0)
    assert bucket.headers()[0][1] == b'"key";q=%d;w=%d' % (quota, window)
    passed = sum(bucket.take(n * window / quota / 10) == 0 for n in range(quota * 20))
    assert quota * 2 <= passed <= quota * 3 + 1  # a full bucket, and what came in two windows


def test_it_costs_a_request_less_than_twenty_microseconds() -> None:
    limits, who = Limits(1e5), caller()
    rounds = []
    for _ in range(20):
        started = time.thread_time()
        for _ in range(500):
            limits.take(who)
        rounds.append((time.thread_time() - started) / 500 * 1e6)
    print(f"\na request's limit: {min(rounds):.1f} µs")
    assert min(rounds) < MOST_MICROSECONDS
