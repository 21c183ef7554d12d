"""Keys: missing, malformed, revoked, expired, and without the scope."""

import asyncio
import time

import httpx
import pytest

from models import keys

PATH = "/v1/notifications"
GOOD = keys.new()
MALFORMED = {
    "none": None,
    "no scheme": GOOD,
    "another scheme": f"Basic {GOOD}",
    "nothing after it": "Bearer ",
    "unknown": f"Bearer {GOOD}",
    "a typing error": f"Bearer {GOOD[:-1]}{'a' if GOOD[-1] != 'a' else 'b'}",
    "cut off": f"Bearer {GOOD[:-1]}",
    "not ASCII": "Bearer td_ä",
    "a wall": "Bearer " + "a" * 60_000,
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
async def test_without_a_valid_key_nothing_is_done(api, body, refused, method, sent) -> None:
    path = PATH if method == "POST" else f"{PATH}/01890000-0000-7000-8000-000000000000"
    request = api.http.build_request(method, path, json=body() if method == "POST" else None)
    del request.headers["Authorization"]
    if sent is not None:
        raw = sent.encode()
        request.headers = httpx.Headers([*request.headers.raw, (b"authorization", raw)])

    answer = await api.http.send(request)

    await refused(answer, 401, "unauthorized", "Authorization")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "td_" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", PATH, "notifications:send"),
        ("POST", f"{PATH}/batch", "notifications:send"),
        ("GET", f"{PATH}/01890000-0000-7000-8000-000000000000", "notifications:read"),
        ("DELETE", f"{PATH}/01890000-0000-7000-8000-000000000000", "notifications:cancel"),
    ],
)
async def test_each_operation_needs_its_scope(api, body, refused, method, path, scope) -> None:
    others = sorted(set(keys.SCOPES) - {scope})
    key = await api.new_key(*others)
    sent = {"items": [body()]} if path.endswith("batch") else body()

    answer = await api.http.request(
        method,
        path,
        json=sent if method == "POST" else None,
        headers={"Authorization": f"Bearer {key}"},
    )

    problem = await refused(answer, 403, "missing_scope", "Authorization")
    assert problem["limit"] == scope


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
async def test_a_key_that_was_taken_away_is_refused_within_five_seconds(api, body, column) -> None:
    key = await api.new_key()
    header = f"Bearer {key}"
    assert (await api.send(body(), Authorization=header)).status_code == 202

    await api.database.execute(
        f"UPDATE api_key SET {column} = now() WHERE sha256 = $1", keys.digest(key)
    )
    taken_at = time.monotonic()
    while (await api.send(body(), Authorization=header)).status_code == 202:
        assert time.monotonic() - taken_at < 5
        await asyncio.sleep(0.1)

    answer = await api.send(body(), Authorization=header)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_two_keys_in_one_request_are_none(api, body, refused) -> None:
    key = await api.new_key()
    request = api.http.build_request("POST", PATH, json=body())
    good = (b"authorization", f"Bearer {key}".encode())
    del request.headers["Authorization"]
    request.headers = httpx.Headers([*request.headers.raw, good, (b"authorization", b"Bearer x")])

    await refused(await api.http.send(request), 401, "unauthorized", "Authorization")
