"""What needs nobody's answer: settings, disk space, and the processes of an embedded stack."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from deploy.examining.finding import Finding, bad, well
from deploy.local.folder import DataFolder
from deploy.local.home import database_path
from deploy.local.lock import holder
from deploy.local.part_health import part_healths
from deploy.local.refusal import CannotRun
from deploy.local.settings_check import check_settings, unknown_settings
from deploy.local.state import StackState, read_state

LEAST_BYTES = 1_000_000_000


def settings() -> Finding:
    """Can every TIDINGS_* variable be read, and is there none that nothing reads?"""
    try:
        check_settings()
    except CannotRun as error:
        return bad("settings", str(error), "correct it: `tidings settings` lists all")
    if strange := unknown_settings():
        return bad("settings", f"nothing reads {', '.join(strange)}", "correct or remove it")
    return well("settings", "every TIDINGS_* variable is known and can be read")


def disk(folder: DataFolder | None) -> Iterator[Finding]:
    """Space where the stack keeps its data; else where logs of this process would go."""
    paths = {folder.path, database_path(folder)} if folder else {Path.cwd()}
    for path in sorted(paths):
        there = next(each for each in (path, *path.parents) if each.exists())
        free = shutil.disk_usage(there).free
        detail = f"{free / 1e9:,.1f} GB free at {path}"
        if free < LEAST_BYTES:
            yield bad("disk space", detail, f"make room: {LEAST_BYTES / 1e9:.0f} GB is little")
        else:
            yield well("disk space", detail)


async def stack(folder: DataFolder) -> list[Finding]:
    """Does it run, and each of its processes?"""
    try:
        runs, state = holder(folder), read_state(folder.state)
    except CannotRun as error:
        return [bad("stack", str(error), _up(folder))]
    if runs is None or state is None or state.pid != runs.pid:
        return [bad("stack", _why(state), _up(folder))]
    if state.phase != "ready":
        return [bad("stack", f"it is {state.phase}", "wait, then ask again")]
    found = [well("stack", f"runs on {folder.path}, pid {runs.pid}")]
    for part in await part_healths(state):
        if part.health != "well":
            logs = f"`tidings logs '{part.name}' --data {folder.path}` says why"
            found.append(bad(f"process {part.name}", f"it is {part.health}", logs))
    return found


def _why(state: StackState | None) -> str:
    return f"it was given up: {state.error}" if state and state.error else "it does not run"


def _up(folder: DataFolder) -> str:
    return f"tidings up --data {folder.path}"
