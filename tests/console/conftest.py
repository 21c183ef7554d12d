"""The console over a real PostgreSQL; nothing listens at Temporal's port."""

from collections.abc import AsyncIterator

import pytest
from api_in_process import Api, serving
from console_visitors import Desk, desk_of


@pytest.fixture(scope="module")
async def api(database_url: str) -> AsyncIterator[Api]:
    async with serving(database_url, temporal_port=1) as api:
        yield api


@pytest.fixture(scope="module")
async def desk(api: Api, database_url: str) -> AsyncIterator[Desk]:
    """The console, its clock, and a member of each role."""
    async with desk_of(api, database_url) as desk:
        yield desk
