"""Cases that nobody thought of, from the document alone: no 5xx, and every answer as promised.

`make test-schemathesis` makes more than ten thousand; here it is a bounded run. Half of the ids are
those of things that exist.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from api_in_process import Api
from documented import NAMED, Prepared, operations
from listening_api import app_of, listening

HOOKS = "schemathesis_hooks"
ROOT = Path(__file__).parents[2]
PHASES = os.environ.get("SCHEMATHESIS_PHASES", "coverage")
MODE = os.environ.get("SCHEMATHESIS_MODE", "positive")
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "1")  # of an operation, made at random
LEAST_CASES = int(os.environ.get("SCHEMATHESIS_LEAST_CASES", "1000"))
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "allow_header_conformance",
)


@pytest.fixture(scope="module")
async def url(api: Api) -> AsyncIterator[str]:
    async with listening(app_of(api)) as port:
        yield f"http://127.0.0.1:{port}"


def with_ids_that_exist(prepared: Prepared) -> dict[str, Any]:
    """The document, whose path parameters may be what was prepared; streams are out."""
    document: dict[str, Any] = json.loads(json.dumps(prepared.document))
    for operation in list(operations(document)):
        if operation.streams:
            document["paths"].pop(operation.path)
            continue
        for match in NAMED.finditer(operation.path):
            value = prepared.values.get(operation.path[: match.end()])
            for each in operation.facts["parameters"]:
                if value and each["name"] == match[1]:
                    kind = each["schema"].get("type")
                    made: Any = int(value) if kind == "integer" else value
                    each["schema"] = {"anyOf": [{"enum": [made]}, each["schema"]]}
    return document


@pytest.mark.timeout(3600)
async def test_no_case_breaks_the_document(prepared: Prepared, url: str, tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(with_ids_that_exist(prepared)))
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).with_name("schemathesis")), "run", str(document)),
        *("--url", url, "--header", f"Authorization: Bearer {prepared.app.key}"),
        *("--checks", ",".join(CHECKS), "--phases", PHASES),
        *("--max-examples", EXAMPLES, "--continue-on-failure"),
        *("--generation-database", "none", "--suppress-health-check", "all", "--no-color"),
        *("--mode", MODE, "--warnings", "off", "--request-timeout", "20"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests"), "SCHEMATHESIS_HOOKS": HOOKS},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    said = out.decode()
    assert process.returncode == 0, said
    [cases] = re.findall(r"(\d[\d,]*) generated", said)
    print(f"\nschemathesis: {cases} cases from the document, no finding")
    assert int(cases.replace(",", "")) >= LEAST_CASES
