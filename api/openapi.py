"""The OpenAPI document: FastAPI's, with our problems in place of its own 422, and with examples.

Which problems an operation has follows from what it takes, and from the `responses` of its route; a
new route needs no line here.
"""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

from api import answer_examples
from api.bodies import BatchItem

PROBLEM = "application/problem+json"
REFERENCE = "#/components/schemas/{model}"


class Problem(BaseModel):
    """What went wrong (RFC 9457). `code` is stable; nothing that was sent is repeated."""

    type: str = Field(description="a reference to the page that explains the code")
    title: str
    status: int
    code: str
    detail: str | None = None
    field: str | None = Field(None, description="what is at fault, as the caller wrote it")
    limit: int | float | str | None = Field(None, description="the limit that was broken")
    published: int | None = Field(None, description="of a publish: the version that is published")
    used_by: list[dict[str, str]] | None = Field(
        None, description="of what is in use: kind, id and name of what uses it"
    )


# Status → an example's code, detail, field and limit.
EXAMPLES: dict[int, tuple[str, str, str | None, int | str | None]] = {
    400: ("bad_json", "not JSON in UTF-8: unexpected end of data, line 1, column 7", "body", None),
    401: ("unauthorized", "send a valid key as `Authorization: Bearer …`", "Authorization", None),
    403: (
        "missing_scope",
        "the key lacks the scope notifications:send",
        "Authorization",
        "notifications:send",
    ),
    404: ("not_found", "no such notification", "id", None),
    409: ("in_flight", "a request with this key is at work", "Idempotency-Key", None),
    413: ("body_too_large", "the body is longer than 1000000 bytes", "body", 1_000_000),
    415: ("unsupported_media_type", "the body must be JSON", "Content-Type", "application/json"),
    422: ("unknown_template", "no published template of that name", "template", None),
    429: ("rate_limited", "more than 10000 requests in 10 s", "Authorization", 10_000),
    503: (
        "database_unavailable",
        "the database does not answer; nothing was accepted or changed",
        None,
        None,
    ),
}


def install(app: FastAPI) -> None:
    """Serve our document."""
    built = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(built())
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for model in (Problem, BatchItem):
        schema = model.model_json_schema(ref_template=REFERENCE)
        for name, part in schema.pop("$defs", {}).items():
            schemas.setdefault(name, part)
        schemas[model.__name__] = schema
    schemas["BatchCreate"]["properties"]["items"]["items"] = {
        "$ref": REFERENCE.format(model="BatchItem")
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            for answer in operation["responses"].values():
                answer_examples.show(path, answer, schemas)
            if path.startswith("/v1/"):
                operation["responses"] |= {str(s): _problem(s) for s in _statuses(operation)}
    return document


def _statuses(operation: dict[str, Any]) -> list[int]:
    found = {401, 403, 422, 429, 503}
    found |= {int(s) for s in operation["responses"] if int(s) >= 400}  # what the route itself says
    if "requestBody" in operation:
        found |= {400, 413, 415}
    places = {(p["in"], p["name"]) for p in operation.get("parameters", [])}
    if places & {("header", "Idempotency-Key"), ("header", "Upload-Offset")}:
        found.add(409)
    if any(_is_cursor(p) for p in operation.get("parameters", [])):
        found.add(400)
    if any(place == "path" for place, _ in places):
        found.add(404)
    return sorted(found)


def _is_cursor(parameter: dict[str, Any]) -> bool:
    """Of `api.pages`: others say where they go on by an id or a number."""
    kinds = parameter["schema"].get("anyOf", [])
    opaque = any(kind.get("type") == "string" and "format" not in kind for kind in kinds)
    return parameter["name"] == "after" and opaque


def _problem(status: int) -> dict[str, Any]:
    code, detail, field, limit = EXAMPLES[status]
    example = Problem(
        type=f"/problems/{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=detail,
        field=field,
        limit=limit,
    )
    schema = {"$ref": REFERENCE.format(model="Problem")}
    content = {"schema": schema, "example": example.model_dump(exclude_none=True)}
    return {"description": HTTPStatus(status).phrase, "content": {PROBLEM: content}}
