"""A webhook's URL in its one form, by a grammar so narrow that every URL parser agrees on it.

Checked where it comes in and again before each call. What its host resolves to is for the caller
(`activities.guarded_connector`): here only what the URL itself says.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

import idna

from models.errors import Invalid
from models.public_addresses import is_public
from models.settings import settings

LONGEST = 2_000
HTTPS_PORT = 443
LOWEST_OTHER_PORT = 1024  # below it are other protocols' servers
WANT = "want https://host/path"
# No userinfo, no backslash, no fragment, no white space; a host has letters, or is an address.
URL = re.compile(
    r"(?P<scheme>[Hh][Tt][Tt][Pp][Ss]?)://"
    r"(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[^\s/?#\\@:%\[\]]{1,253}))"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<rest>(?:/[^?#]*)?(?:\?[^#]*)?)"
)
# What RFC 3986 lets a path and a query hold, beside %XX; other letters are encoded.
SAFE = "/?:@!$&'()*+,;=-._~"
REST = re.compile(r"(?:[A-Za-z0-9/?:@!$&'()*+,;=._~-]|%[0-9A-Fa-f]{2}|[^\x00-\xa0\ud800-\udfff])*")
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# A host whose last label begins with a digit is an address: 2130706433, 0x7f.1, 127.1, 010.0.0.1.
NUMERIC = re.compile(r"[0-9].*")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads. `host` has no brackets; `url` is the URL in its one form."""

    url: str
    scheme: str
    host: str
    port: int
    is_address: bool

    @property
    def place(self) -> str:
        """host:port, as operators list it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def private_hosts() -> frozenset[str]:
    """What this process's operator lets out of the rules, as host:port."""
    return frozenset(filter(None, settings().webhook_private_hosts.split(",")))


def target(url: str, field: str, private_hosts: frozenset[str]) -> Target:
    """Where it leads; Invalid with a reason, and never the URL: it may hold a token."""
    if len(url) > LONGEST:
        detail = f"{len(url)} characters; at most {LONGEST}"
        raise Invalid(detail, field=field, limit=LONGEST, reason="webhook_invalid")
    found = URL.fullmatch(url)
    if found is None or not REST.fullmatch(found["rest"]):
        shape = "userinfo, fragments, backslashes and white space are not allowed"
        raise _invalid(f"not a URL that is taken ({shape}); {WANT}", field)
    scheme = found["scheme"].lower()
    host, is_address = _host(found["six"], found["name"], field)
    usual = HTTPS_PORT if scheme == "https" else 80
    port = int(found["port"] or usual)
    rest = quote(found["rest"], safe=f"{SAFE}%")
    written = f"[{host}]" if ":" in host else host
    at = written if port == usual else f"{written}:{port}"
    rest = rest if rest.startswith("/") else f"/{rest}"
    there = Target(f"{scheme}://{at}{rest}", scheme, host, port, is_address)
    if len(there.url) > LONGEST:
        detail = f"{len(there.url)} characters when encoded; at most {LONGEST}"
        raise Invalid(detail, field=field, limit=LONGEST, reason="webhook_invalid")
    if there.place not in private_hosts:
        _check_public(there, field)
    return there


def _check_public(there: Target, field: str) -> None:
    if there.scheme != "https":
        raise _invalid(f"not encrypted; {WANT}", field)
    if there.port != HTTPS_PORT and not LOWEST_OTHER_PORT <= there.port <= 65535:
        detail = f"ports are {HTTPS_PORT}, and {LOWEST_OTHER_PORT} to 65535"
        raise _invalid(detail, field)
    if there.is_address and not is_public(there.host):
        raise _not_public("not an address of the public internet", field)
    if not there.is_address and "." not in there.host:
        raise _not_public("a name without a domain is of a private network", field)


def _host(six: str | None, name: str | None, field: str) -> tuple[str, bool]:
    """The host in its one form, and whether it is an address."""
    try:
        if six:
            return str(IPv6Address(six)), True
        written = (name or "").lower()
        if NUMERIC.fullmatch(written.rpartition(".")[2]):
            return str(IPv4Address(written)), True  # four decimal numbers, without zeros before
        host = written if written.isascii() else idna.encode(written, uts46=True).decode()
    except (ValueError, idna.IDNAError):
        raise _invalid(f"not a valid host name or address; {WANT}", field) from None
    labels = host.split(".")
    last = labels[-1]
    if not all(map(LABEL.fullmatch, labels)) or NUMERIC.fullmatch(last) or len(host) > 253:
        raise _invalid(f"not a valid host name; {WANT}", field)
    return host, False


def _invalid(detail: str, field: str) -> Invalid:
    return Invalid(detail, field=field, reason="webhook_invalid")


def _not_public(detail: str, field: str) -> Invalid:
    return Invalid(detail, field=field, reason="webhook_not_public")
