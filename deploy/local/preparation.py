"""What must hold before a stack can start; the caller holds the folder's lock."""

from deploy.local.folder import DataFolder, empty
from deploy.local.home import forget_elsewhere, open_home
from deploy.local.ports import Ports, check
from deploy.local.postgres import free_stale_pid, make_cluster
from deploy.local.secret_file import open_secrets
from deploy.local.stack import Stack
from deploy.local.state import read_state, stop_leftovers


def clear_the_way(folder: DataFolder, port_base: int) -> Ports:
    """Stop what a killed `up` left over, then look whether the ports are free."""
    state = read_state(folder.state)
    if state:
        stop_leftovers(state)
    return check(port_base)


def prepare(folder: DataFolder, ports: Ports) -> Stack:
    """The stack on this folder, its cluster and its secrets made if this is the first time."""
    home = open_home(folder)
    secrets = open_secrets(folder.secrets, has_data=home.cluster.exists())
    make_cluster(home, secrets.superuser_password)
    free_stale_pid(home)
    return Stack(folder, ports, secrets, home)


def reset(folder: DataFolder) -> None:
    """Delete all data of the stack, which must not be running."""
    state = read_state(folder.state)
    if state:
        stop_leftovers(state)
    forget_elsewhere(folder)
    empty(folder)
