"""`make up` on a machine that lacks something: one clear line, and no trap for the next time."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON_WITHOUT_VENV = """#!/bin/sh
[ "$1" = -c ] && exit 0
echo "asked: $*"
exit 1
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def _install(project: Path, python: str) -> list[str]:
    command = ["make", "-s", ".venv/.installed", f"PYTHON={python}"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    return done.stdout.splitlines()


def test_a_python_that_is_not_there_is_one_line(project: Path) -> None:
    [line] = _install(project, "/nonexistent")
    assert line.startswith("There is no /nonexistent. Tidings needs Python 3.11 or newer")


def test_a_half_made_environment_is_made_again(project: Path) -> None:
    half = project / ".venv" / "bin" / "python"
    half.parent.mkdir(parents=True)
    half.write_text("#!/bin/sh\n[ $1 = -c ]\n")  # it runs, and has no pip
    half.chmod(0o755)
    python = project / "python"
    python.write_text(PYTHON_WITHOUT_VENV)
    python.chmod(0o755)
    asked, advice = _install(project, str(python))
    assert asked == "asked: -m venv --clear .venv"
    assert advice.endswith("On Debian and Ubuntu: apt install python3-venv")
