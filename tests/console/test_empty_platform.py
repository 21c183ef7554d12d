"""Before there is any application."""

from console_visitors import Desk


async def test_an_admin_is_shown_how_to_make_the_first(desk: Desk) -> None:
    await desk.api.database.execute("TRUNCATE application CASCADE")
    assert "No application yet" in await desk.staff["viewer"].page("/")
    assert "/applications/new" not in await desk.staff["viewer"].page("/")
    admin = desk.staff["admin"]
    assert "/applications/new" in await admin.page("/")
    answer = await admin.get("/campaigns")
    assert (answer.status_code, "there is no application yet" in answer.text) == (404, True)
    fields = {"name": "first", "time_zone": "UTC", "begins": "20:00", "ends": "06:00"}
    assert (await admin.send("/applications/new", "/applications", **fields)).is_redirect
    assert "No application yet" not in await admin.page("/")
