"""What must hold before a stack can start; the caller holds the folder's lock."""

from collections.abc import Callable

from deploy.local.folder import DataFolder, empty
from deploy.local.home import forget_elsewhere, open_home
from deploy.local.ports import Ports, check
from deploy.local.postgres import free_stale_pid, make_cluster
from deploy.local.refusal import CannotRun
from deploy.local.secret_file import open_secrets
from deploy.local.stack import Stack
from deploy.local.state import read_state, stop_leftovers


def clear_the_way(folder: DataFolder, port_base: int, say: Callable[[str], None]) -> Ports:
    """Stop what a killed `up` left over, then look whether the ports are free."""
    _stop_what_was_left(folder, say)
    return check(port_base)


def prepare(folder: DataFolder, ports: Ports) -> Stack:
    """The stack on this folder, its cluster and its secrets made if this is the first time."""
    home = open_home(folder)
    secrets = open_secrets(folder.secrets, has_data=home.cluster.exists())
    make_cluster(home, secrets.superuser_password)
    free_stale_pid(home)
    return Stack(folder, ports, secrets, home)


def reset(folder: DataFolder, say: Callable[[str], None]) -> None:
    """Delete all data of the stack, which must not be running."""
    _stop_what_was_left(folder, say)
    forget_elsewhere(folder)
    empty(folder)


def _stop_what_was_left(folder: DataFolder, say: Callable[[str], None]) -> None:
    try:
        state = read_state(folder.state)
    except CannotRun as error:  # a port that something still holds is named in a moment
        say(str(error))
        folder.state.unlink()
        return
    if state:
        stop_leftovers(state)
