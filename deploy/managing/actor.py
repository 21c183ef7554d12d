"""Who gives a command that writes to the database itself: for the audit log."""

import getpass

from models.repositories.audit_log import Actor


def actor() -> Actor:
    """The operating system's user."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # of a container, whose user has no name
        name = "unknown"
    return Actor("cli", None, name)
