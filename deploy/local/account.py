"""The user PostgreSQL runs as: it refuses root, so root lends it an account that exists already.

Nothing here creates a user, or changes the mode of a folder that we did not make.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from deploy.local.refusal import CannotRun

CANDIDATES = ("nobody", "daemon", "postgres")  # those with nothing of their own first


class Identity(TypedDict, total=False):
    """What `subprocess` needs to run a command as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged user of this machine."""

    name: str
    uid: int
    gid: int

    def identity(self) -> Identity:
        """Spread it into the call that starts the process."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def reaches(self, folder: Path) -> bool:
        """Whether this user may pass through `folder` and all above it."""
        real = folder.resolve()
        return all(self._may_enter(path) for path in (real, *real.parents))

    def _may_enter(self, path: Path) -> bool:
        status = path.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        if status.st_gid == self.gid:
            return bool(status.st_mode & 0o010)
        return bool(status.st_mode & 0o001)


def account_of(path: Path) -> Account | None:
    """The account to run what owns `path` as, or if it is not there yet any; None without root."""
    if os.geteuid() != 0:
        return None
    if path.exists():
        entry = pwd.getpwuid(path.stat().st_uid)
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    return _candidate()


def identity(account: Account | None) -> Identity:
    """The account's identity, or nothing to change."""
    return account.identity() if account else {}


def _candidate() -> Account:
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise CannotRun(
        "PostgreSQL refuses to run as root and this machine has none of the users"
        f" {', '.join(CANDIDATES)}: run `tidings up` as an ordinary user"
    )
