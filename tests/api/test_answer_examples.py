"""Every answer in the document has an example, which is what the API answers in truth."""

import json
from typing import Any

import httpx
import jsonschema_rs
from api_in_process import Api
from documented import REFERENCE, Operation, Prepared, asked, examples, operations

JSON = "application/json"
EVENTS = "text/event-stream"


def answers(document: dict[str, Any]) -> list[tuple[str, str, str, str, dict[str, Any]]]:
    """Method, path, status, type and content of every one that has a body."""
    return [
        (method.upper(), path, status, type, content)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for status, answer in operation["responses"].items()
        for type, content in answer.get("content", {}).items()
    ]


def wrong(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    """What of it is not as its schema says."""
    whole = {**schema, "components": document["components"]}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return [
        f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(value)
    ]


def models(document: dict[str, Any], schema: dict[str, Any], value: Any) -> set[tuple[str, ...]]:
    """The names of each object that is a model, with the place it is in."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].removeprefix(REFERENCE)]
    if "anyOf" in schema:
        return {m for each in schema["anyOf"] for m in models(document, each, value)}
    if isinstance(value, list):
        return {
            ("[]", *m) for each in value for m in models(document, schema.get("items", {}), each)
        }
    if not isinstance(value, dict) or "properties" not in schema:
        return set()
    needed = schema.get("required", ())
    said = sorted(name for name, part in value.items() if name in needed or part is not None)
    found: set[tuple[str, ...]] = {("{}", *said)}
    for name, part in schema["properties"].items():
        found |= {(name, *m) for m in models(document, part, value.get(name))}
    return found


def test_every_answer_has_an_example_that_its_schema_allows(prepared: Prepared) -> None:
    found = answers(prepared.document)
    assert len(found) > 400
    for method, path, status, type, content in found:
        where = (method, path, status)
        assert "example" in content, where
        if type != EVENTS:
            assert wrong(prepared.document, content["schema"], content["example"]) == [], where


def test_a_problem_has_its_own_status(prepared: Prepared) -> None:
    for method, path, status, type, content in answers(prepared.document):
        if type == "application/problem+json":
            assert content["example"]["status"] == int(status), (method, path)


def test_a_streams_example_is_an_event_of_the_model_it_names(prepared: Prepared) -> None:
    streams = [
        (p, c["example"]) for _, p, _, type, c in answers(prepared.document) if type == EVENTS
    ]
    assert len(streams) == 2
    for path, shown in streams:
        lines = dict(line.split(": ", 1) for line in shown.strip().splitlines())
        model = {"timeline": "EventView", "progress": "ProgressView"}[lines["event"]]
        schema = {"$ref": REFERENCE + model}
        assert wrong(prepared.document, schema, json.loads(lines["data"])) == [], path


async def test_what_is_answered_to_the_examples_of_bodies_is_shaped_as_the_examples_of_answers(
    api: Api, prepared: Prepared
) -> None:
    compared = set()
    # What takes something away comes last.
    order = {"GET": 0, "PUT": 1, "POST": 2, "PATCH": 3, "DELETE": 4}
    for operation in sorted(operations(prepared.document), key=lambda o: order[o.method]):
        if operation.streams:
            continue
        for body in examples(prepared.document, operation)[:1]:
            sent = prepared.request(operation, body)
            answer = await asked(api.http, sent, prepared.app.key)
            if answer.is_success and answer.content:
                _compare(prepared.document, operation, answer)
                compared.add(str(operation))
    assert len(compared) > 55, sorted(compared)


def _compare(document: dict[str, Any], operation: Operation, answer: httpx.Response) -> None:
    content = operation.facts["responses"][str(answer.status_code)]["content"][JSON]
    schema, shown, found = content["schema"], content["example"], answer.json()
    assert wrong(document, schema, found) == [], (str(operation), found)
    ours, theirs = models(document, schema, shown), models(document, schema, found)
    # A list may be empty in truth, and what may be null is null in the one or the other.
    places = {m[: m.index("{}")] for m in ours} & {m[: m.index("{}")] for m in theirs}
    assert () in places
    for place in places:
        assert _at(ours, place) == _at(theirs, place), (str(operation), place)


def _at(found: set[tuple[str, ...]], place: tuple[str, ...]) -> set[tuple[str, ...]]:
    return {m[m.index("{}") :] for m in found if m[: m.index("{}")] == place}
