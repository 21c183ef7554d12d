"""The pages of categories."""

from console_visitors import Desk

FIELDS = {
    "name": "reminders",
    "priority": "low",
    "channels": ["email", "sms"],
    "channel_mode": "first",
    "expires_after": "2",
    "unit": "hours",
    "on_unknown": "hold",
    "mandatory": "true",
}


async def test_one_is_made_changed_and_deleted(desk: Desk) -> None:
    author = desk.staff["author"]

    made = await author.send("/categories/-/new", "/categories", **FIELDS)
    assert made.status_code == 303, made.text
    row = await desk.api.database.fetchrow("SELECT * FROM category WHERE name = 'reminders'")
    assert (row["channels"], row["mandatory"], row["priority_fixed"]) == (
        ["email", "sms"],
        True,
        False,
    )
    assert row["expires_after"].total_seconds() == 7200
    page = await author.page("/categories/reminders")
    assert 'name="expires_after" type="number" value="2"' in page

    changed = {**FIELDS, "expires_after": "90", "unit": "seconds"}
    del changed["mandatory"]
    answer = await author.send("/categories/reminders", "/categories/reminders", **changed)
    assert answer.status_code == 303
    row = await desk.api.database.fetchrow("SELECT * FROM category WHERE name = 'reminders'")
    assert (row["mandatory"], row["expires_after"].total_seconds()) == (False, 90)
    actions = "SELECT action FROM audit_entry WHERE detail->>'name' = 'reminders' ORDER BY number"
    said = [row["action"] for row in await desk.api.database.fetch(actions)]
    assert said == ["category.create", "category.change"]

    gone = await author.send("/categories/reminders", "/categories/reminders/delete")
    assert gone.status_code == 303
    assert "reminders" not in await author.page("/categories")


async def test_what_is_wrong_names_the_field(desk: Desk) -> None:
    author = desk.staff["author"]
    for changes, field in [
        ({"expires_after": "x"}, "expires_after"),
        ({"expires_after": "1", "unit": "seconds"}, "expires_after"),
        ({"expires_after": ""}, "expires_after"),
        ({"channels": []}, "channels"),
        ({"name": "a b"}, "name"),
    ]:
        form = {**await author.form_of("/categories/-/new"), **FIELDS, **changes}
        answer = await author.post("/categories", form, **{"HX-Request": "true"})
        assert answer.status_code == 422
        assert f'data-field="{field}"' in answer.text, answer.text


async def test_one_in_use_is_not_deleted_and_a_viewer_changes_nothing(desk: Desk) -> None:
    answer = await desk.staff["author"].send(
        "/categories/transactional", "/categories/transactional/delete"
    )
    assert answer.status_code == 409
    viewer = desk.staff["viewer"]
    assert "Save</button>" not in await viewer.page("/categories/otp")
    refused = await viewer.send("/categories/otp", "/categories/otp", **FIELDS)
    assert refused.status_code == 403


async def test_its_life_is_told_in_the_visitor_s_words(desk: Desk) -> None:
    author = await desk.at_work("author")
    form = {**FIELDS, "name": "brief", "expires_after": "36"}
    assert (await author.send("/categories/-/new", "/categories", **form)).status_code == 303
    assert ">36 hours</td>" in await author.page("/categories")
    await author.send("/categories", "/preferences", language="zh", next="/console/categories")
    assert ">36小时</td>" in await author.page("/categories")
