"""Paths, methods and ids that lead nowhere."""

import pytest
from documented import NAMED, operations
from midnights import midnight
from uuid_utils.compat import uuid7

PATH = "/v1/notifications"
NOTIFICATION = "01a20000-0000-7000-8000-000000000000"


@pytest.mark.parametrize("path", ["/nope", "/v1", "//v1/notifications", PATH + "/", PATH + "//x"])
async def test_a_path_that_does_not_exist_is_a_404(api, refused, path) -> None:
    await refused(await api.http.get("http://api" + path), 404, "not_found", "path")


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", PATH), ("DELETE", PATH), ("POST", f"{PATH}/{NOTIFICATION}")]
)
async def test_a_wrong_method_is_a_405_that_names_the_right_ones(
    api, refused, method, path
) -> None:
    answer = await api.http.request(method, path)

    problem = await refused(answer, 405, "method_not_allowed", "method")
    assert problem["limit"] == answer.headers["allow"]


async def test_a_method_that_is_not_allowed_is_told_all_that_are(api) -> None:
    answer = await api.http.put(f"{PATH}/01890000-0000-7000-8000-000000000000")

    assert answer.headers["allow"] == "DELETE, GET, PATCH"


async def test_whom_it_is_for_is_seen_before_there_is_any_message(api, body) -> None:
    content = {"sms": {"text": "Hello"}}
    to = {"sms": "+49 151 1234 5678", "locale": "de", "time_zone": "Europe/Berlin"}
    asked = body(to=to, content=content, template=None, data={}, send_at=midnight(30))
    id = (await api.send({k: v for k, v in asked.items() if v is not None})).json()["id"]

    view = (await api.http.get(f"{PATH}/{id}")).json()

    assert view["to"] == {"sms": "+4915112345678"}
    assert (view["locale"], view["time_zone"]) == ("de", "Europe/Berlin")
    assert view["content"] == {"sms": {"default": {"text": "Hello"}}}


async def test_every_path_names_its_methods_to_each_other_one(api, refused) -> None:
    document = (await api.http.get("/openapi.json")).json()
    every = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
    for path, taken in document["paths"].items():
        right = sorted(method.upper() for method in taken)
        for method in every - set(right):
            answer = await api.http.request(method, NAMED.sub(NOTIFICATION, path))

            assert answer.status_code == 405, (method, path)
            assert answer.headers["allow"] == ", ".join(right), (method, path)
            if method != "HEAD":
                await refused(answer, 405, "method_not_allowed", "method")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("id", ["nope", "1", "%00", "0" * 300, "'--", "%F0%9F%92%A9"])
async def test_an_id_that_is_none_is_refused_without_repeating_it(api, refused, method, id) -> None:
    answer = await api.http.request(method, f"{PATH}/{id}")

    problem = await refused(answer, 422, "not_a_uuid", "notification_id")
    assert problem["detail"].startswith("want a UUID; found a string of")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_an_unknown_id_is_a_404(api, refused, method) -> None:
    await refused(await api.http.request(method, f"{PATH}/{uuid7()}"), 404, "not_found", "id")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_another_applications_notification_is_a_404(api, body, method, request) -> None:
    id = (await api.send(body())).json()["id"]
    key = await api.new_key(application="other")

    answer = await api.http.request(
        method, f"{PATH}/{id}", headers={"Authorization": f"Bearer {key}"}
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await api.http.get(f"{PATH}/{id}")).json()["status"] == "accepted"


async def test_another_applications_templates_categories_and_people_are_unknown(
    api, body, refused
) -> None:
    key = await api.new_key(application="third")

    answer = await api.send(body(), Authorization=f"Bearer {key}")

    await refused(answer, 422, "unknown_category", "category")


async def test_what_no_query_says_is_refused_by_every_operation(api, refused) -> None:
    document = (await api.http.get("/openapi.json")).json()
    for operation in operations(document):
        path = NAMED.sub(NOTIFICATION, operation.path)

        answer = await api.http.request(operation.method, f"{path}?chanel=sms")

        problem = await refused(answer, 422, "unknown_parameter", "chanel")
        assert problem["limit"]


async def test_what_a_query_may_say_is_named(api, refused) -> None:
    problem = await refused(
        await api.http.get("/v1/suppressions?chanel=sms"), 422, "unknown_parameter", "chanel"
    )
    assert problem["limit"] == "address, after, channel, limit, reason"
    await refused(
        await api.http.get("/v1/suppressions?channel=sms&channel=email"),
        *(422, "contradicting_filters", "channel"),
    )
