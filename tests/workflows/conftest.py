"""Everything real in one process, and Temporal's own sandbox around the workflows."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from platform_in_process import Platform, event_kinds, platform_of
from temporalio.client import WorkflowHandle


@pytest.fixture(scope="module")
async def platform(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, temporal_server: str
) -> AsyncIterator[Platform]:
    folder = tmp_path_factory.mktemp("workflows")
    async with platform_of(folder, database_url, temporal_server) as platform:
        yield platform


@pytest.fixture
def make_platform() -> Callable[[Path, str, str], Any]:
    return platform_of


@pytest.fixture
def events() -> Callable[[WorkflowHandle[Any, Any]], Awaitable[Sequence[tuple[str, str]]]]:
    return event_kinds
