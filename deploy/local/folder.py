"""The data folder: everything a stack keeps, under names that only this file knows.

It is written to only if it was empty or carries our mark, and a reset deletes these names alone:
somebody will pass `--data ~`.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.local.refusal import CannotRun

MARK = ".tidings"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The paths of one stack's data."""

    path: Path

    @property
    def logs(self) -> Path:
        """One file a part."""
        return self.path / "logs"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's home, unless `elsewhere` says otherwise."""
        return self.path / "postgres"

    @property
    def elsewhere(self) -> Path:
        """The note that names the folder outside this one, if there had to be one."""
        return self.path / "elsewhere"

    @property
    def temporal(self) -> Path:
        """Temporal's store."""
        return self.path / "temporal"

    @property
    def sandbox(self) -> Path:
        """The sandbox vendors' journal."""
        return self.path / "sandbox"

    @property
    def secrets(self) -> Path:
        """Passwords and keys."""
        return self.path / "secrets.json"

    @property
    def first_admin(self) -> Path:
        """The console's first admin, until their password has been shown."""
        return self.path / "first-admin.json"

    @property
    def state(self) -> Path:
        """What runs, for `tidings status`."""
        return self.path / "state.json"

    @property
    def lock(self) -> Path:
        """Held by the `tidings up` that runs on this folder."""
        return self.path / "lock"


def open_folder(path: Path) -> DataFolder:
    """The folder at `path`, made if need be, writable and ours; CannotRun says why it is not."""
    path = path.expanduser().absolute()
    try:
        _make(path)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise CannotRun(
            f"cannot write to the data folder {path} ({error.strerror}): choose another with --data"
        ) from None
    return _marked(path)


def existing_folder(path: Path) -> DataFolder:
    """The folder at `path` if a stack was there before; CannotRun otherwise."""
    path = path.expanduser().absolute()
    if not (path / MARK).is_file():
        raise CannotRun(f"no stack has run with the data folder {path}: --data names the folder")
    return DataFolder(path)


def empty(folder: DataFolder) -> None:
    """Delete what stacks made in this folder, except the lock that the caller holds."""
    for made in (folder.postgres, folder.temporal, folder.sandbox, folder.logs):
        if made.exists():
            shutil.rmtree(made)
    for made in (folder.secrets, folder.first_admin, folder.state):
        made.unlink(missing_ok=True)


def _make(path: Path) -> None:
    if path.exists():
        return
    path.mkdir(parents=True)
    # As root PostgreSQL runs as another user, who must be able to pass through.
    path.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _marked(path: Path) -> DataFolder:
    mark = path / MARK
    if not mark.is_file():
        if any(path.iterdir()):
            raise CannotRun(
                f"{path} holds files that are not ours: choose an empty folder with --data"
            )
        mark.write_text("This folder belongs to `tidings up`; `tidings up --reset` empties it.\n")
    return DataFolder(path)
