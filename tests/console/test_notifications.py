"""The pages of messages: found by filters in the address, looked at, cancelled, sent again."""

import re
from typing import Any
from uuid import UUID

import pytest
from api_in_process import welcome
from console_visitors import Browser, Desk
from midnights import midnight
from pipeline_by_hand import REFUSED, Pipeline
from uuid_utils.compat import uuid7

from models import database
from models.sessions import Sessions

LATER = midnight(30)
ROW = re.compile(r'data-label="Accepted"><a href="/console/notifications/([0-9a-f-]{36})')


@pytest.fixture(scope="module")
async def pipeline(database_url: str) -> Any:
    engine = database.engine(database_url, pool=2)
    yield Pipeline(Sessions(engine))
    await engine.dispose()


async def accept(desk: Desk, **changes: Any) -> str:
    answer = await desk.api.send(welcome(**changes))
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def failed(desk: Desk, pipeline: Pipeline, **changes: Any) -> str:
    view = (await desk.api.batch([welcome(**changes)])).json()
    account = await desk.api.database.fetchval(
        "SELECT id FROM vendor_account WHERE name = 'sandbox-smtp'"
    )
    await pipeline.send(UUID(next(iter(view["batches"].values()))), account, REFUSED)
    return str(view["items"][0]["id"])


async def found(browser: Browser, query: str) -> list[str]:
    return ROW.findall(await browser.page(f"/notifications?application=demo&{query}"))


async def test_the_address_holds_the_filters(desk: Desk) -> None:
    viewer, order = desk.staff["viewer"], uuid7().hex
    plain = await accept(desk, metadata={"order": order})
    later = await accept(desk, metadata={"order": order}, send_at=LATER, priority="low")

    assert await found(viewer, f"metadata=order%3D{order}") == [later, plain]
    assert await found(viewer, f"metadata=order%3D{order}&status=scheduled&category=") == [later]
    assert await found(viewer, f"metadata=order%3D{order}&priority=medium") == [plain]
    assert await found(viewer, f"metadata=order%3D{order}&from=2030-01-01T00:00") == []
    page = await viewer.page(f"/notifications?application=demo&metadata=order%3D{order}&limit=1")
    assert 'rel="next"' in page
    assert f"metadata=order%3D{order}" in page[page.index('class="more"') :]


async def test_its_first_page_renews_itself_in_part(desk: Desk) -> None:
    viewer = desk.staff["viewer"]
    whole = await viewer.page("/notifications?application=demo&status=failed")
    part = await viewer.get(
        "/notifications?application=demo&status=failed", headers={"HX-Request": "true"}
    )

    assert 'hx-trigger="every 5s"' in whole
    assert part.text.lstrip().startswith('<div id="rows"')
    assert "<html" not in part.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2030-01-02T00:00&to=2030-01-01T00:00", "`from` must lie before `to`"),
        ("profile=nobody", "no such profile"),
        ("metadata=order", "key=value"),
        ("status=nix", "status"),
    ],
)
async def test_filters_that_cannot_be_meant_are_a_page_that_says_so(desk, query, said) -> None:
    answer = await desk.staff["viewer"].get(f"/notifications?application=demo&{query}")
    assert answer.status_code == 422
    assert said in answer.text


async def test_one_tells_what_became_of_it_and_why(desk: Desk, pipeline: Pipeline) -> None:
    id = await failed(desk, pipeline, metadata={"order": "4711"})
    page = await desk.staff["viewer"].page(f"/notifications/{id}?application=demo")

    for said in ("ada@example.com", "sandbox-smtp", "refused", "handing over", "order", "welcome"):
        assert said in page, said
    assert re.search(r'<iframe sandbox [^>]*src="/console/notifications/[^"]*/content/email', page)
    assert "/resend" not in page


async def test_what_it_says_is_framed_under_a_policy_of_its_own(desk: Desk) -> None:
    id = await accept(desk, data={"name": "<script>alert(1)</script>"})
    answer = await desk.staff["viewer"].get(f"/notifications/{id}/content/email?application=demo")

    assert "<script>" not in answer.text
    assert "alert(1)" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    other = await desk.staff["viewer"].get(f"/notifications/{id}/content/telegram?application=demo")
    assert other.status_code == 404


async def test_an_operator_cancels_and_it_is_told_who(desk: Desk) -> None:
    id = await accept(desk, send_at=LATER)
    page = f"/notifications/{id}?application=demo"
    answer = await desk.staff["operator"].send(page, f"/notifications/{id}/cancel?application=demo")

    assert answer.status_code == 303, answer.text
    view = (await desk.api.http.get(f"/v1/notifications/{id}")).json()
    assert view["status"] == "cancelled"
    staff_id = await desk.api.database.fetchval(
        "SELECT actor_id FROM audit_entry WHERE action = 'notification.cancel'"
        " AND subject_id = $1 AND actor_kind = 'staff'",
        id,
    )
    [told] = [e for e in view["timeline"] if e["kind"] == "cancel_requested"]
    assert told["actor_id"] == str(staff_id)


async def test_an_operator_sends_it_again_once(desk: Desk, pipeline: Pipeline) -> None:
    id = await failed(desk, pipeline)
    operator, path = desk.staff["operator"], f"/notifications/{id}/resend?application=demo"
    form = await operator.form_of(f"/notifications/{id}?application=demo")
    answers = [await operator.post(path, form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 409]
    new = answers[0].headers["location"].partition("?")[0].rpartition("/")[2]
    view = (await desk.api.http.get(f"/v1/notifications/{new}")).json()
    assert view["resend_of"] == id
    assert f"/console/notifications/{id}" in await operator.page(
        f"/notifications/{new}?application=demo"
    )


async def test_one_that_is_open_is_not_sent_again(desk: Desk) -> None:
    id = await accept(desk)
    form = await desk.staff["operator"].form_of("/vendor-accounts?application=demo")
    fields = {**form, "form_id": str(uuid7())}
    answer = await desk.staff["operator"].post(
        f"/notifications/{id}/resend?application=demo", fields
    )
    assert answer.status_code == 409


async def test_anothers_is_not_there(desk: Desk, database_url: str) -> None:
    key = await desk.api.new_key(application="somebody else")
    id = await accept(desk)
    assert key
    for path in (f"/notifications/{id}", f"/notifications/{id}/content/email"):
        answer = await desk.staff["viewer"].get(f"{path}?application=somebody+else")
        assert answer.status_code == 404
