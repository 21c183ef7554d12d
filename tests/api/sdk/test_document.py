"""The SDK says what the API's document says: each operation once, by the same names and types."""

import ast
import inspect
import keyword
import subprocess
import sys
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Unpack
from uuid import UUID

import pytest

from api.sdk import Tidings, models
from api.sdk.calls import EventStream, Listing, Operation
from api.sdk.resource import Resource
from api.sdk.route import HEADERS
from deploy import sdk_models
from deploy.sdk_models import PATH, name_of, source, type_of

Declared = Operation[Any, Any] | Listing[Any, Any] | EventStream[Any, Any]
NAMES = {**vars(typing), **vars(models), "datetime": datetime, "UUID": UUID, "Id": UUID | str}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return sdk_models.document()


def declared() -> Iterator[tuple[str, Declared]]:
    for name, resource in vars(Tidings("http://api", "key")).items():
        if isinstance(resource, Resource):
            for method, call in vars(type(resource)).items():
                if isinstance(call, Operation | Listing | EventStream):
                    yield f"{name}.{method}", call


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def evaluated(annotation: str) -> Any:
    return eval(annotation, dict(NAMES))  # noqa: S307 - our own annotations


def hints(call: Declared) -> dict[str, Any]:
    return typing.get_type_hints(call.declared, dict(NAMES), include_extras=True)


def type_named(schema: dict[str, Any], *, sent: bool) -> Any:
    return evaluated(type_of(schema, sent=sent))


def of_content(part: dict[str, Any]) -> dict[str, Any] | None:
    content = part.get("content", {})
    return content["application/json"]["schema"] if "application/json" in content else None


def parameter(theirs: dict[str, Any]) -> tuple[str, Any]:
    """What we call it, and its type."""
    name, kind = theirs["name"], type_named(theirs["schema"], sent=True)
    if theirs["in"] == "header":
        return name.lower().replace("-", "_"), kind
    if "." in name:  # a name that goes on as the caller likes
        return name.partition(".")[0], Mapping[str, kind] | None
    return f"{name}_" if keyword.iskeyword(name) else name, kind


def test_the_types_are_those_of_the_document(document) -> None:
    assert PATH.read_text() == source(document), "the API's bodies or views changed: make sdk"


def test_every_operation_has_exactly_one_method(document) -> None:
    ours = [(call.route.method, call.route.path) for _, call in declared()]
    assert len(ours) == len(set(ours))
    assert set(ours) == set(operations(document))


def test_parameters_agree_in_names_types_and_need(document) -> None:
    theirs = operations(document)
    for name, call in declared():
        wanted: dict[str, tuple[Any, bool]] = {}
        for each in theirs[call.route.method, call.route.path].get("parameters", []):
            ours, kind = parameter(each)
            wanted[ours] = kind, each["required"]
            assert each["in"] != "header" or HEADERS[ours] == each["name"]
        found = {
            n: (hints(call)[n], p.default is p.empty)
            for n, p in call.route.signature.parameters.items()
            if n not in ("body", "content")
        }
        assert found == wanted, name


def test_bodies_are_the_documents(document) -> None:
    theirs = operations(document)
    for name, call in declared():
        body = theirs[call.route.method, call.route.path].get("requestBody")
        parameters = call.route.signature.parameters
        if body is None:
            assert not {"body", "content"} & set(parameters), name
        elif (schema := of_content(body)) is None:
            assert "content" in parameters, name
        elif parameters["body"].kind is inspect.Parameter.VAR_KEYWORD:
            assert hints(call)["body"] == Unpack[evaluated(name_of(schema["$ref"]))], name
        else:
            assert hints(call)["body"] == type_named(schema, sent=True), name


def test_answers_are_the_documents(document) -> None:
    theirs = operations(document)
    for name, call in declared():
        responses = theirs[call.route.method, call.route.path]["responses"]
        good = next(part for status, part in responses.items() if status.startswith("2"))
        found = hints(call)["return"]
        if isinstance(call, EventStream):
            assert "text/event-stream" in good["content"], name
            continue
        schema = of_content(good)
        if schema is None:
            assert found in (None, type(None)), name
        elif isinstance(call, Listing):
            page = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            item = page["properties"][call.items]["items"]
            assert found == type_named(item, sent=False), name
        else:
            assert found == type_named(schema, sent=False), name


def test_every_method_says_what_it_does() -> None:
    for name, call in declared():
        assert call.__doc__, name


def test_it_imports_httpx_the_standard_library_and_itself() -> None:
    allowed = {*sys.stdlib_module_names, "httpx"}
    for path in Path(inspect.getfile(Tidings)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import(names=names):
                    found = [each.name for each in names]
                case ast.ImportFrom(module=module):
                    found = [module or ""]
                case _:
                    continue
            for name in found:
                assert name.startswith("api.sdk") or name.partition(".")[0] in allowed, (path, name)


def test_importing_it_loads_neither_our_api_nor_its_libraries() -> None:
    code = "import sys, api.sdk; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"fastapi", "sqlalchemy", "pydantic", "starlette", "temporalio", "models", "workflows"}
    assert not heavy & set(done.stdout.split())
    assert "httpx" in done.stdout.split()
