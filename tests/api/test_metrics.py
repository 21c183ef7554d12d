"""The API's metrics: routes, never paths, and nothing about anybody."""

from typing import Any
from uuid import UUID

from prometheus_client import REGISTRY, generate_latest


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


async def test_answers_are_counted_by_route_and_status(api, body) -> None:
    route = "/v1/notifications/{notification_id}"
    labels = {"method": "GET", "route": route, "status": "404"}
    before = value("tidings_http_requests_total", **labels)
    took = value("tidings_http_request_seconds_count", method="GET", route=route)
    for n in range(20):
        await api.http.get(f"/v1/notifications/{UUID(int=n)}")
    assert value("tidings_http_requests_total", **labels) == before + 20
    assert value("tidings_http_request_seconds_count", method="GET", route=route) == took + 20


async def test_a_path_that_is_none_of_ours_makes_no_series_of_its_own(api) -> None:
    before = value("tidings_http_requests_total", method="GET", route="none", status="404")
    for n in range(20):
        await api.http.get(f"/secret-{n}")
        await api.http.request(f"WEIRD{n}", f"/secret-{n}")
    assert value("tidings_http_requests_total", method="GET", route="none", status="404") == (
        before + 20
    )
    page = generate_latest().decode()
    assert "secret-" not in page
    assert "WEIRD" not in page


async def test_what_is_accepted_is_counted_by_priority_and_what_is_refused_is_not(
    api, body
) -> None:
    def accepted() -> dict[str, Any]:
        return {p: value("tidings_accepted_total", priority=p) for p in ("high", "medium", "low")}

    before = accepted()
    await api.send(body())
    await api.send(body(template="none"))
    await api.batch([body(priority="low"), body(priority="low"), body(template="none")])
    assert accepted() == {
        "high": before["high"],
        "medium": before["medium"] + 1,
        "low": before["low"] + 2,
    }


async def test_nothing_in_it_is_about_a_person(api, body) -> None:
    await api.send(body(to={"email": "somebody@example.com"}))
    page = generate_latest().decode()
    assert "tidings_http_requests_total" in page
    assert "somebody" not in page
