"""The whole platform in one process, and applications that have it to themselves."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from api_in_process import SECRET_KEYS
from own_application import OwnApplication, Vendors, own_application
from own_campaigns import Team, team_of
from platform_in_process import Platform, platform_of

from models.repositories.applications import NewAccount

NewApplication = Callable[..., Awaitable[OwnApplication]]
NewTeam = Callable[..., Awaitable[Team]]


@pytest.fixture(scope="module")
async def platform(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, temporal_server: str
) -> AsyncIterator[Platform]:
    folder = tmp_path_factory.mktemp("promises")
    async with platform_of(folder, database_url, temporal_server) as platform:
        yield platform


@pytest.fixture(scope="module")
def vendors(platform: Platform) -> Vendors:
    """Makes accounts at the sandbox."""
    return Vendors(platform.sandbox.http_url, platform.sandbox.smtp_port)


@pytest.fixture(scope="module")
def new_application(platform: Platform, database_url: str) -> NewApplication:
    """Makes an application that has these accounts and nobody else."""

    async def make(*accounts: NewAccount) -> OwnApplication:
        return await own_application(platform.api.http, database_url, SECRET_KEYS, accounts)

    return make


@pytest.fixture(scope="module")
def new_team(new_application: NewApplication, database_url: str) -> NewTeam:
    """Makes an application that has these accounts, and people for its campaigns."""

    async def make(*accounts: NewAccount) -> Team:
        return await team_of(await new_application(*accounts), database_url)

    return make
