"""Addresses of an audience's rows: `normalise`, with a short cut for the emails most lists are of.

The short cut takes 1 µs instead of 35, and only what `normalise` would give back as it is, but for
the case of the domain; whatever it does not know goes the long way.
"""

import re

from email_validator import SPECIAL_USE_DOMAIN_NAMES
from email_validator.rfc_constants import (
    CASE_INSENSITIVE_MAILBOX_NAMES,
    EMAIL_MAX_LENGTH,
    LOCAL_PART_MAX_LENGTH,
)

from models.addresses import normalise
from models.messages import Channel

ATOM = r"[A-Za-z0-9_+'-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
PLAIN = re.compile(rf"({ATOM}(?:\.{ATOM})*)@((?:{LABEL}\.)+([A-Za-z]{{2,63}}))")
MAILBOXES = frozenset(CASE_INSENSITIVE_MAILBOX_NAMES)  # INFO@ and info@ are the same
SPECIAL = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)


def one_form(channel: Channel, address: str, field: str) -> str:
    """The address in its one form; Invalid names `field`, a reason and the shape wanted."""
    if channel is Channel.EMAIL and len(address) <= EMAIL_MAX_LENGTH:
        return _plain(address) or normalise(channel, address, field)
    return normalise(channel, address, field)


def _plain(address: str) -> str | None:
    found = PLAIN.fullmatch(address)
    if found is None:
        return None
    local, domain, top = found.groups()
    domain = domain.lower()
    if (
        "--" in domain  # Punycode, or what is none
        or top.lower() in SPECIAL
        or len(local) > LOCAL_PART_MAX_LENGTH
        or local.lower() in MAILBOXES
    ):
        return None
    return f"{local}@{domain}"
