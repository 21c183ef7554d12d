"""Does the harness bite? Each seeded defect must turn its tests red: `make test-teeth`.

Some must turn the suite that kills parts red as well, all by itself. Of the others two fences stand
one behind the other (a late record is stopped by its attempt and by its message): only the tests of
the ledger see one of them fall.

A defect is a textual patch of a copy of the tree, never of the tree. Give one a new text when its
place changes: a patch that does not apply is an error, not a pass.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("activities", "api", "deploy", "models", "tests", "workers", "workflows")
PYTEST = ("-m", "pytest", "--tb=no", "-rfE", "-p", "no:cacheprovider")
AT_ONCE = 2
WITHIN_SECONDS = 400
QUICK = "--quick"  # without the suite that kills parts

LEDGER = "tests/models/repositories/test_ledger.py"
KILLS = ("-x", "tests/faults/test_kills.py", "-k")
# Both workers are killed, then all must end, without unexplained doubts, with books that agree.
WORKERS = (*KILLS, "(killed and worker) or all_end or books_agree")


@dataclass(frozen=True, slots=True)
class Defect:
    """`old` stands once in `file`; with `new` in its place, one of `tests` must fail.

    So must one of `faults`, if there are any: of the suite that kills parts.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    faults: tuple[str, ...] = ()


DEFECTS = (
    Defect(
        "no intent row",
        "models/repositories/messages.py",
        ":token, request_key, retry_of FROM claimed",
        ":token, request_key, retry_of FROM claimed WHERE false",
        (LEDGER,),
        (*KILLS, "breaks_off"),
    ),
    Defect(
        "a disconnect after the body is not sent",
        "activities/http_vendor.py",
        "NOT_SENT = (ClientConnectorError, NeverConnected)",
        "NOT_SENT = (ClientConnectionError, NeverConnected)",
        ("tests/activities/test_every_vendor_on_a_broken_wire.py",),
        (*KILLS, "breaks_off"),
    ),
    Defect(
        "the start row goes before the start",
        "workers/relay.py",
        "await workflow_starts.remove(session, await self._started(rows))",
        "await workflow_starts.remove(session, [row.owner_id for row in rows])",
        ("tests/workers/test_relay.py",),
        ("-x", "tests/faults/test_while_away.py", "-k", "temporal_frozen"),
    ),
    Defect(
        "an expired lease goes back to the queue",
        "models/repositories/sweeps.py",
        "SET phase = CASE WHEN found.kind = 'worker_lost' THEN 'unknown' ELSE 'ended' END,",
        "SET phase = CASE WHEN found.kind = 'worker_lost' THEN 'queued' ELSE 'ended' END,",
        (LEDGER,),
        WORKERS,
    ),
    Defect(
        "a live lease keeps nobody away",
        "models/repositories/messages.py",
        "AND m.phase = 'queued' AND m.next_at <= now()",
        "AND m.phase IN ('queued', 'sending') AND m.next_at <= now()",
        (LEDGER,),
        WORKERS,
    ),
    Defect(
        "what is handed over as it is decided can still be cancelled",
        "models/repositories/first_claims.py",
        "    FOR NO KEY UPDATE OF n SKIP LOCKED\n",
        "",
        ("tests/models/repositories/test_first_claims.py",),
    ),
    Defect(
        "a late record is not fenced",
        "models/repositories/outcomes.py",
        "AND m.attempt = done.n\n      AND m.claim_token = :token\n",
        "\n",
        (LEDGER,),
    ),
    Defect(
        "a record cannot be repeated",
        "models/repositories/outcomes.py",
        "AND a.claim_token = :token AND a.outcome IS NULL",
        "AND a.claim_token = :token",
        (LEDGER,),
    ),
    Defect(
        "an expired message is claimed",
        "models/repositories/messages.py",
        "AND m.expires_at > now() + :call_deadline",
        "AND :call_deadline > interval '0'",
        (LEDGER,),
    ),
    Defect(
        "a rate is granted without its lock",
        "models/repositories/rates.py",
        '    await session.execute(LOCK, {"account_id": account_id})\n',
        "",
        ("tests/models/repositories/test_rates.py",),
    ),
    Defect(
        "202 before COMMIT",
        "api/deps.py",
        'Depends(_single, scope="function")',
        "Depends(_single)",
        ("tests/api/test_commit.py",),
    ),
    Defect(
        "the audit sees no duplicate",
        "deploy/auditing/effect_checks.py",
        "WHERE e.covered > 0 AND (e.effects > e.covered",
        "WHERE e.covered > 0 AND (false AND e.effects > e.covered",
        ("tests/deploy/auditing/test_clients_and_vendors.py",),
    ),
)


def main() -> int:
    """Run all; 1 if a defect survives, or if the tests are red without any."""
    names = [name for name in sys.argv[1:] if name != QUICK]
    all_of = [replace(d, faults=()) for d in DEFECTS] if QUICK in sys.argv else DEFECTS
    chosen = [d for d in all_of if not names or any(name in d.name for name in names)]
    with tempfile.TemporaryDirectory(prefix="tidings-teeth-") as folder:
        # As root, PostgreSQL runs as another user and must pass through.
        Path(folder).chmod(0o711)
        whole = sorted({test for defect in chosen for test in defect.tests})
        red = tests_that_fail(copied(Path(folder) / "unpatched"), whole)
        if red:
            sys.stderr.write(f"red without any defect: {', '.join(red)}\n")
            return 1
        with ThreadPoolExecutor(AT_ONCE) as pool:
            caught = list(pool.map(lambda d: bites(Path(folder), d), chosen))
    table = Table("defect", "caught by", "and under kills by", box=None, padding=(0, 2, 0, 0))
    for defect, (tests, faults) in zip(chosen, caught, strict=True):
        table.add_row(defect.name, told(tests), told(faults) if defect.faults else "")
    Console(width=200, highlight=False).print(table)
    survivors = [d for d, (tests, faults) in zip(chosen, caught, strict=True)
                 if not tests or (d.faults and not faults)]  # fmt: skip
    return 1 if survivors else 0


def told(red: list[str]) -> str:
    """Which tests failed, in a few words."""
    more = f" and {len(red) - 1} more" if len(red) > 1 else ""
    return f"{red[0]}{more}" if red else "[red]nothing: it survives[/]"


def bites(folder: Path, defect: Defect) -> tuple[list[str], list[str]]:
    """The tests that fail with this defect; and those of the suite that kills parts."""
    tree = copied(folder / re.sub(r"\W+", "-", defect.name))
    file = tree / defect.file
    source = file.read_text()
    if source.count(defect.old) != 1:
        raise SystemExit(f"{defect.name}: its text is not, or not once, in {defect.file}")
    file.write_text(source.replace(defect.old, defect.new))
    red = tests_that_fail(tree, defect.tests)
    faults = tests_that_fail(tree, defect.faults) if defect.faults else []
    shutil.rmtree(tree)
    return red, faults


def copied(tree: Path) -> Path:
    """A copy of the tree that Python really runs: an editable install points elsewhere."""
    tree.mkdir()
    for name in COPIED:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    where = run(tree, "-c", "import models; print(models.__file__)").stdout.strip()
    if not Path(where).is_relative_to(tree):
        raise SystemExit(f"the copy in {tree} does not run: Python imports {where}")
    return tree


def tests_that_fail(tree: Path, tests: tuple[str, ...] | list[str]) -> list[str]:
    """Their names. A test that breaks before it asserts anything proves nothing: an error here."""
    done = run(tree, *PYTEST, *tests)
    if done.returncode not in (0, 1) or re.search("^ERROR ", done.stdout, re.MULTILINE):
        raise SystemExit(f"the tests in {tree} did not run:\n{done.stdout[-2000:]}{done.stderr}")
    return re.findall(r"^FAILED \S+::([^\n]+?)(?: - .*)?$", done.stdout, re.MULTILINE)


def run(tree: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Python in the copy, with the copy first on its path."""
    return subprocess.run(
        (sys.executable, *arguments),
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=WITHIN_SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main())
