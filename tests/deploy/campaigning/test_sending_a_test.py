"""A test goes to the addresses that were named, with the data that were given."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.commands.campaigns import campaigns

ID = "01a20f53-3b94-7620-8697-b7c062ef8762"
SENT = {"notifications": ["01a20f53-0000-7620-8697-000000000001", ID]}


@pytest.fixture
def asked() -> Iterator[tuple[str, list[Any]]]:
    """An API that says yes, its address, and what it was asked."""
    seen: list[Any] = []

    class Yes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append((self.path, self.headers["Authorization"], body))
            self.send_response(202)
            self.end_headers()
            self.wfile.write(json.dumps(SENT).encode())

        def log_message(self, *words: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Yes) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()


def test_a_test_is_sent_with_its_data(asked: tuple[str, list[Any]]) -> None:
    url, seen = asked
    words = ("test", ID, "ada@example.com", "bob@example.com", "--data", "name=Ada=Bob")
    done = CliRunner().invoke(campaigns, words, env={"TIDINGS_URL": url, "TIDINGS_KEY": "k"})
    assert (done.exit_code, done.stdout.split()) == (0, SENT["notifications"])
    body = {"to": ["ada@example.com", "bob@example.com"], "data": {"name": "Ada=Bob"}}
    assert seen == [(f"/v1/campaigns/{ID}/test", "Bearer k", body)]


def test_no_key_for_an_address_is_said_before_anything_is_asked(
    asked: tuple[str, list[Any]],
) -> None:
    url, seen = asked
    done = CliRunner().invoke(campaigns, ("pause", ID, "--url", url), env={"TIDINGS_KEY": None})
    assert (done.exit_code, seen) == (2, [])
    assert done.stderr.startswith("tidings: no key for ")
