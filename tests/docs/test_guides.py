"""The guides' own code, as it stands on their pages, against the session's stack."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(300)  # two dozen processes, one after the other
DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(guide: str, language: str) -> str:
    """All of the page's blocks in this language, each line where it is on the page."""
    text = (DOCS / guide).read_text()
    lines = [""] * len(text.splitlines())
    for match in BLOCK.finditer(text):
        if match[1] == language:
            at = text.count("\n", 0, match.start()) + 1
            code = match[2].splitlines()
            lines[at : at + len(code)] = code
    return "\n".join(lines) + "\n"


def run(command: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_sdks_guide_runs(stack: Any, tmp_path: Path) -> None:
    script = tmp_path / "sdk.md"
    script.write_text(blocks("sdk.md", "python"))
    out = run([sys.executable, str(script)], tmp_path, TIDINGS_URL=stack.api, TIDINGS_KEY=stack.key)
    assert out.startswith("sent ['']\n")
    assert "\nstopped\n" in out
    assert "\nada accepted " in out
    assert "\nnobody template.email" in out
    assert "\n2500 members; 0 refused\n" in out
    assert "\n3 to not an email address" in out
    assert "\nto.email " in out
    assert "\nprofile_id: no such profile (not_found)\n" in out


def test_the_command_lines_guide_runs(stack: Any, tmp_path: Path) -> None:
    (tmp_path / ".tidings").symlink_to(stack.data)
    script = tmp_path / "cli.md"
    script.write_text("set -euo pipefail\n" + blocks("cli.md", "bash"))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    out = run(["bash", str(script)], tmp_path, PATH=path)
    assert out.count("stopped; it is cancelled") == 2
    assert "\n2 added, 0 removed; 2 members\n" in out
    assert "\nEverything is well.\n" in out
    assert (tmp_path / "worker.ndjson").read_text()
    assert "_tidings_completion" in (tmp_path / "completion.sh").read_text()


@pytest.mark.parametrize("guide", ["sdk.md", "cli.md"])
def test_every_block_says_in_which_language_it_is(guide: str) -> None:
    fences = re.findall(r"^```(.*)$", (DOCS / guide).read_text(), re.MULTILINE)
    assert fences
    assert set(fences[0::2]) <= {"python", "bash"}
    assert set(fences[1::2]) == {""}
