"""The published document: true, whole, and its examples work."""

import json
import re
from typing import Any

import orjson
import pytest
from uuid_utils.compat import uuid7

MUST = {"401", "403", "422", "429", "503"}
MOVES_OF_CAMPAIGNS = {
    ("patch", ""),
    ("get", "/report"),
    *[
        ("post", f"/{move}")
        for move in (
            *("submit", "approve", "reject", "approval-code", "pause", "resume", "rate", "cancel"),
            *("retry-failed", "archive"),
        )
    ],
}
MAY_CONFLICT = {
    ("patch", "/v1/notifications/{notification_id}"),
    ("post", "/v1/keys/{key_id}/rotate"),
    ("post", "/v1/applications"),
    ("patch", "/v1/applications/{application_id}"),
    ("post", "/v1/vendor-accounts"),
    ("patch", "/v1/vendor-accounts/{account_id}"),
    ("delete", "/v1/vendor-accounts/{account_id}"),
    ("post", "/v1/vendor-accounts/{account_id}/test-send"),
    ("post", "/v1/categories"),
    ("delete", "/v1/categories/{name}"),
    ("post", "/v1/templates"),
    ("patch", "/v1/templates/{name}"),
    ("delete", "/v1/templates/{name}"),
    ("post", "/v1/templates/{name}/versions"),
    ("post", "/v1/templates/{name}/versions/{number}/publish"),
    ("post", "/v1/templates/{name}/rollback"),
    ("post", "/v1/profiles"),
    ("patch", "/v1/profiles/{profile_id}"),
    ("delete", "/v1/profiles/{profile_id}"),
    ("post", "/v1/profiles/{profile_id}/merge"),
    ("post", "/v1/profiles/{profile_id}/contacts"),
    ("post", "/v1/groups"),
    ("patch", "/v1/groups/{group_id}"),
    ("delete", "/v1/groups/{group_id}"),
}
WITH_BODY = {"400", "413", "415"}


@pytest.fixture
async def document(api) -> dict[str, Any]:
    answer = await api.http.get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def parts(value: Any) -> list[dict[str, Any]]:
    """Every object in it."""
    if isinstance(value, list):
        return [found for each in value for found in parts(each)]
    if isinstance(value, dict):
        return [value, *(found for each in value.values() for found in parts(each))]
    return []


def examples(document: dict[str, Any], operation: dict[str, Any]) -> list[tuple[str, Any]]:
    """Each with its media type; every body has one."""
    found = []
    for type, content in operation["requestBody"]["content"].items():
        reference = content["schema"].get("$ref", "")
        schema = document["components"]["schemas"].get(reference.rpartition("/")[2], {})
        shown = schema.get("examples") or [content["example"]]
        found += [(type, example) for example in shown]
    return found


def test_every_reference_leads_somewhere(document) -> None:
    names = set(document["components"]["schemas"])
    referred = {
        part["$ref"].removeprefix("#/components/schemas/")
        for part in parts(document)
        if isinstance(part.get("$ref"), str)
    }

    assert referred <= names
    assert names - referred == set()


def test_every_operation_says_what_it_does_and_who_may(document) -> None:
    for path, _, operation in operations(document):
        assert operation["summary"]
        assert operation["description"]
        assert operation["tags"]
        assert bool(operation.get("security")) is path.startswith("/v1/")


def test_every_operation_documents_its_problems_with_an_example_each(document) -> None:
    for path, method, operation in operations(document):
        if not path.startswith("/v1/"):
            continue
        wanted = MUST | (WITH_BODY if "requestBody" in operation else set())
        wanted |= {"404"} if "{" in path else set()
        cursors = [p for p in operation.get("parameters", []) if p["name"] == "after"]
        wanted |= {"400"} if any("maxLength" in str(p["schema"]) for p in cursors) else set()
        headers = {p["name"] for p in operation.get("parameters", []) if p["in"] == "header"}
        wanted |= {"409"} if headers & {"Idempotency-Key", "Upload-Offset"} else set()
        move = (method, path.removeprefix("/v1/campaigns/{campaign_id}"))
        wanted |= {"409"} if move in MOVES_OF_CAMPAIGNS else set()
        wanted |= {"409"} if (method, path) in MAY_CONFLICT else set()
        problems = {s: r for s, r in operation["responses"].items() if int(s) >= 400}
        assert set(problems) == wanted, (method, path)
        for status, response in problems.items():
            content = response["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert content["example"]["status"] == int(status)
            assert content["example"]["code"]


def test_limits_are_in_the_document_as_json_schema_knows_them(document) -> None:
    schemas = document["components"]["schemas"]
    life = schemas["NotificationCreate"]["properties"]["expires_in"]["anyOf"][0]

    assert (life["minimum"], life["maximum"]) == (15, 2_592_000)
    assert schemas["BatchCreate"]["properties"]["items"]["maxItems"] == 1000
    unknown = {"ge", "le", "gt", "lt", "max_length", "min_length"}
    assert not [part for part in parts(schemas) if unknown & set(part)]


def test_no_number_is_larger_than_postgresql_takes(document) -> None:
    asked = [o.get("parameters", []) for _, _, o in operations(document)]
    bodies = [o["requestBody"] for _, _, o in operations(document) if "requestBody" in o]
    named = {n for n in document["components"]["schemas"] if f'/{n}"' in json.dumps(bodies)}
    sent = [document["components"]["schemas"][name] for name in named]
    numbers = [part for part in parts([asked, sent]) if part.get("type") == "integer"]

    assert len(numbers) > 10
    assert [part for part in numbers if part.get("maximum", 2**63) >= 2**63] == []


async def test_every_example_of_a_body_is_accepted(api, document) -> None:
    posted = 0
    for path, method, operation in operations(document):
        if method != "post" or "{" in path:
            continue
        for type, example in examples(document, operation):
            sent = example.encode() if isinstance(example, str) else orjson.dumps(example)
            answer = await api.http.post(path, content=sent, headers={"Content-Type": type})
            assert answer.status_code in (200, 201, 202), (path, example, answer.text)
            assert answer.json().get("refused", 0) == 0, answer.text
            posted += 1
    assert posted >= 4


async def test_every_example_for_a_campaign_is_taken_as_it_stands(api, document) -> None:
    example = document["components"]["schemas"]["CampaignCreate"]["examples"][0]
    id = (await api.http.post("/v1/campaigns", json=example)).json()["id"]
    taken = {}
    for path, method, operation in operations(document):
        if "{campaign_id}" not in path or "requestBody" not in operation:
            continue
        reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
        for body in schema["examples"]:
            where = path.replace("{campaign_id}", id)
            answer = await api.http.request(method, where, json=body)
            taken[path.rpartition("}")[2]] = answer.status_code, answer.json().get("code")

    own = 403, "own_campaign"  # it says what it must, of a campaign that this key has made
    assert taken == {
        "": (200, None),
        "/preview": (200, None),
        "/rate": (200, None),
        "/test": (202, None),
        "/approve": own,
        "/reject": own,
        "/approval-code": own,
    }


async def test_every_example_of_an_item_is_accepted(api, document) -> None:
    items = document["components"]["schemas"]["BatchItem"]["examples"]

    view = (await api.batch(items)).json()

    assert view["refused"] == 0
    assert view["accepted"] + view["duplicates"] == len(items)


async def test_answers_have_the_fields_the_document_promises(api, body, document) -> None:
    schemas = document["components"]["schemas"]
    id = (await api.send(body())).json()["id"]
    answers = {
        "AcceptedView": await api.send(body()),
        "BatchView": await api.batch([body()]),
        "NotificationView": await api.http.get(f"/v1/notifications/{id}"),
        "CancelledView": await api.http.delete(f"/v1/notifications/{id}"),
        "ReadyView": await api.http.get("/health/ready"),
        "Problem": await api.http.get(f"/v1/notifications/{uuid7()}"),
    }
    example = schemas["CampaignCreate"]["examples"][0]
    answers["CampaignView"] = await api.http.post("/v1/campaigns", json=example)
    campaign = f"/v1/campaigns/{answers['CampaignView'].json()['id']}"
    answers["CampaignPage"] = await api.http.get("/v1/campaigns")
    answers["AudienceView"] = await api.http.get(f"{campaign}/audience")
    answers["ProgressView"] = await api.http.get(f"{campaign}/progress")
    answers["EventPage"] = await api.http.get(f"{campaign}/events")
    answers["PreviewView"] = await api.http.post(f"{campaign}/preview", json={})
    answers["CancelView"] = await api.http.post(f"{campaign}/cancel")
    answers["ReportView"] = await api.http.get(f"{campaign}/report")

    for name, answer in answers.items():
        promised, found = schemas[name], set(answer.json())
        assert set(promised["required"]) <= found <= set(promised["properties"]), name


async def test_the_docs_page_needs_nobody_but_us(api) -> None:
    page = (await api.http.get("/docs")).text
    links = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert len(links) == 3
    for link in links:
        assert link.startswith("http://api/")
        answer = await api.http.get(link)
        assert answer.status_code == 200
        assert answer.content
