"""The staff's own page: nobody is shut out for good, and nobody is let in by mistake."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from console_visitors import Browser, Desk

from models.repositories import staff

OTHERS = "UPDATE staff SET disabled_at = {} WHERE role = 'admin' AND id <> $1"


@pytest.fixture
async def only(desk: Desk) -> AsyncIterator[tuple[UUID, Browser]]:
    """The one admin who is left, and their browser."""
    id, email = await desk.hire("admin")
    browser = desk.browser()
    await browser.log_in(email)
    await desk.api.database.execute(OTHERS.format("now()"), id)
    yield id, browser
    await desk.api.database.execute(OTHERS.format("NULL"), id)


@pytest.mark.parametrize(
    "asked", [{"role": "viewer"}, {"role": "admin", "applications": "demo"}], ids=str
)
async def test_the_last_admin_of_all_applications_stays_one(
    desk: Desk, only: tuple[UUID, Browser], asked: dict[str, str]
) -> None:
    id, browser = only
    await desk.hire("admin", "demo")  # can undo nothing
    answer = await browser.send(f"/staff/{id}", f"/staff/{id}/role", **asked)
    assert (answer.status_code, "nobody else is an admin" in answer.text) == (409, True)
    answer = await browser.send(f"/staff/{id}", f"/staff/{id}/disable")
    assert (answer.status_code, "nobody else is an admin" in answer.text) == (409, True)
    assert (await browser.get("/staff")).status_code == 200


async def test_an_application_that_is_gone_opens_no_other(desk: Desk) -> None:
    id, _ = await desk.hire("viewer", "demo")
    admin = desk.staff["admin"]
    answer = await admin.send(
        f"/staff/{id}", f"/staff/{id}/role", role="viewer", applications="renamed meanwhile"
    )
    assert answer.status_code == 404
    async with desk.sessions.begin() as session:
        assert [one.name for one in await staff.visible(session, id)] == ["demo"]
