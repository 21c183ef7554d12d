"""The command line on a fresh database, named by the environment as in production."""

import base64
from collections.abc import Awaitable, Callable

import pytest

Tidings = Callable[..., Awaitable[tuple[int | None, str, str]]]


@pytest.fixture
def tidings(database_url: str, in_thread: Tidings) -> Tidings:
    keys = f"k1:{base64.b64encode(bytes(32)).decode()}"

    async def on_database(*arguments: str, input: str = "", **environment: str):
        own = {"TIDINGS_DATABASE_URL": database_url, "TIDINGS_SECRET_KEYS": keys}
        return await in_thread(*arguments, input=input, **{**own, **environment})

    return on_database
