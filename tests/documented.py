"""The API's document as tests use it: every operation can be called, by ids that exist.

What a path names is made by the document's own examples, in an application of the test's own; so a
new route is covered without a line here, if its document has examples.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from own_application import OwnApplication

REFERENCE = "#/components/schemas/"
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NAMED = re.compile(r"\{(\w+)\}")
EXAMPLE_ID = "01890000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Operation:
    """One of the document's."""

    method: str
    path: str
    facts: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def has_ids(self) -> bool:
        return "{" in self.path

    @property
    def streams(self) -> bool:
        good = [r for s, r in self.facts["responses"].items() if s.startswith("2")]
        return any("text/event-stream" in r.get("content", {}) for r in good)


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Those that need a key."""
    for path, methods in document["paths"].items():
        for method, facts in methods.items():
            if facts.get("security"):
                yield Operation(method.upper(), path, facts)


def examples(document: dict[str, Any], operation: Operation) -> list[tuple[str, bytes]]:
    """Bodies with their types; one without a body if there is none."""
    content = operation.facts.get("requestBody", {}).get("content", {})
    found = []
    for type, part in content.items():
        given = [part["example"]] if "example" in part else []
        if "$ref" in part["schema"]:
            name = part["schema"]["$ref"].removeprefix(REFERENCE)
            given += document["components"]["schemas"][name].get("examples", [])
        found += [(type, e.encode() if isinstance(e, str) else orjson.dumps(e)) for e in given]
    return found or [("", b"")]


@dataclass
class Prepared:
    """An application that has one of everything that the document's examples make."""

    app: OwnApplication
    document: dict[str, Any]
    values: dict[str, str] = field(default_factory=dict)  # what a path up to a name leads to
    ids: set[str] = field(default_factory=set)

    async def prepare(self) -> None:
        """Make them, those of a path after those that its beginning names."""
        posts = [o for o in operations(self.document) if o.method == "POST"]
        for post in sorted(posts, key=lambda o: (o.path.count("{"), o.path)):
            if self._named_by(post.path):
                await self._make(post)

    def filled(self, operation: Operation) -> str:
        """Its path, with ids that exist."""
        path = operation.path
        for match in NAMED.finditer(operation.path):
            value = self.values.get(operation.path[: match.end()])
            if value is None:  # a number of something that is made with its parent
                kinds = {p["name"]: p["schema"].get("type") for p in operation.facts["parameters"]}
                assert kinds[match[1]] == "integer", f"nothing makes {operation.path}"
                value = "1"
            path = path.replace(match[0], value, 1)
        return path

    def request(self, operation: Operation, example: tuple[str, bytes]) -> dict[str, Any]:
        """For httpx."""
        type, content = example
        headers = {"Content-Type": type} if type else {}
        required = [p for p in operation.facts.get("parameters", []) if p["required"]]
        for each in required:
            if each["in"] == "header":
                headers[each["name"]] = str((each["schema"].get("examples") or ["1"])[0])
        return {
            "method": operation.method,
            "url": self.filled(operation),
            "content": content,
            "headers": headers,
        }

    def _named_by(self, path: str) -> list[str]:
        """The paths that go on from this one with a name."""
        found = {
            each.path[: match.end()]
            for each in operations(self.document)
            for match in NAMED.finditer(each.path)
            if each.path[: match.start()] == f"{path}/"
        }
        return sorted(found)

    async def _make(self, post: Operation) -> None:
        sent = self.request(post, examples(self.document, post)[0])
        answer = await asked(self.app.http, sent, self.app.key)
        assert answer.is_success, f"{post}: {answer.text}"
        view = answer.json()
        self.ids |= set(UUIDS.findall(answer.text))
        for named in self._named_by(post.path):
            self.values[named] = _value(view, post.path, NAMED.findall(named)[-1])


def _value(view: dict[str, Any], path: str, name: str) -> str:
    parts = view.get(path.rpartition("/")[2])  # what was made is one of its parent's parts
    made = parts[-1] if isinstance(parts, list) else view
    return str(made["id"] if name.endswith("_id") else made[name])


async def asked(http: httpx.AsyncClient, sent: dict[str, Any], key: str | None) -> httpx.Response:
    """The answer to this key, or to none."""
    request = http.build_request(**sent)
    del request.headers["Authorization"]
    if key is not None:
        request.headers["Authorization"] = f"Bearer {key}"
    return await http.send(request)
