"""Which IP addresses are the public internet's; standard library only.

`ipaddress.is_global` is not enough: it passes multicast, and IPv6 forms that carry any IPv4 address
inside (NAT64, 6to4, Teredo). For IPv6 a list of what is allowed, nothing else is.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# https://www.iana.org/assignments/ipv6-unicast-address-assignments: all that is handed out.
GLOBAL_UNICAST = IPv6Network("2000::/3")
# https://www.iana.org/assignments/iana-ipv6-special-registry, what of it lies within.
SPECIAL_6 = [
    IPv6Network("2001::/23"),  # Teredo, ORCHID, benchmarks
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4
    IPv6Network("2620:4f:8000::/48"),  # AS112
    IPv6Network("3fff::/20"),  # documentation
]
# https://www.iana.org/assignments/iana-ipv4-special-registry, written out: what Python knows of it
# differs from release to release.
SPECIAL_4 = [
    IPv4Network("0.0.0.0/8"),
    IPv4Network("10.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),  # carriers' NAT; some clouds keep their metadata there
    IPv4Network("127.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),  # link-local: the metadata of most clouds
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.0.2.0/24"),  # documentation
    IPv4Network("192.31.196.0/24"),  # AS112
    IPv4Network("192.52.193.0/24"),  # AMT
    IPv4Network("192.88.99.0/24"),  # 6to4 relays
    IPv4Network("192.168.0.0/16"),
    IPv4Network("192.175.48.0/24"),  # AS112
    IPv4Network("198.18.0.0/15"),  # benchmarks
    IPv4Network("198.51.100.0/24"),  # documentation
    IPv4Network("203.0.113.0/24"),  # documentation
    IPv4Network("224.0.0.0/4"),  # multicast
    IPv4Network("240.0.0.0/4"),  # reserved, broadcast
    # Looks public, and is the inside of Azure: https://learn.microsoft.com/azure/virtual-network/
    # what-is-ip-address-168-63-129-16
    IPv4Network("168.63.129.16/32"),
]


def is_public(address: str | IPv4Address | IPv6Address) -> bool:
    """Whether it is one of the public internet; False for what is no address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in SPECIAL_4)
    if ip.scope_id is not None:
        return False
    return ip in GLOBAL_UNICAST and not any(ip in network for network in SPECIAL_6)
