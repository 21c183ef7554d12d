"""One `tidings up` per data folder: a locked file that also says who holds it.

The lock is the system's, not the file's presence: it ends with the process that holds it.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from deploy.local.folder import DataFolder
from deploy.local.ports import HOST, Ports
from deploy.local.refusal import CannotRun

WITHIN_SECONDS = 0.5  # for a passing look at the lock, or a holder that has not written yet


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that runs a stack."""

    pid: int
    port_base: int


@contextmanager
def hold(folder: DataFolder, port_base: int) -> Iterator[None]:
    """Hold the folder; CannotRun says how to reach or stop the stack that has it."""
    descriptor = os.open(folder.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + WITHIN_SECONDS
        while not _locked(descriptor):
            if time.monotonic() > deadline:
                raise CannotRun(_who(folder, _read(folder)))
            time.sleep(0.05)
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(asdict(Holder(os.getpid(), port_base))).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def holder(folder: DataFolder) -> Holder | None:
    """Who runs a stack on this folder, if anybody does."""
    if not folder.lock.exists():
        return None
    descriptor = os.open(folder.lock, os.O_RDWR)
    try:
        return None if _locked(descriptor) else _read(folder)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(folder: DataFolder) -> Holder:
    deadline = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < deadline:
        try:
            return Holder(**json.loads(folder.lock.read_text()))
        except (ValueError, TypeError):
            time.sleep(0.01)  # taken a moment ago, and not written yet
    raise CannotRun(f"another process holds {folder.lock}: try again")


def _who(folder: DataFolder, running: Holder) -> str:
    api = Ports.from_base(running.port_base).api
    return (
        f"a stack already runs on {folder.path} (pid {running.pid}, API http://{HOST}:{api}):"
        f" `tidings status --data {folder.path}` shows it,"
        f" `tidings down --data {folder.path}` stops it"
    )
