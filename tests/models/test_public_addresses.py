"""What counts as the public internet, against Python's own opinion and against its gaps."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.public_addresses import is_public

FORBIDDEN = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1"),  # noqa: S104
    *("127.255.255.254", "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255"),
    *("192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1"),
    *("2001:20::1", "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "5f00::1"),
    *("fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1", "ff0e::1"),
    *("4000::1", "8000::1", "", "localhost", "127.1", "0x7f.0.0.1", "010.0.0.1", "2130706433"),
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]
# IPv6 addresses that carry an IPv4 address which something on the way may unpack.
CARRIERS = ["::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/96"]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_it_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_it_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
@example(IPv4Address("192.0.0.9"))
def test_what_python_calls_private_is_never_public(address: IPv4Address) -> None:
    unfit = address.is_private or address.is_multicast or address.is_reserved
    if unfit or address.is_loopback or address.is_link_local or address.is_unspecified:
        assert not is_public(address)


@given(st.ip_addresses(v=6))
def test_only_unicast_that_is_handed_out_is_public(address: IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not any([address.is_multicast, address.is_reserved, address.is_site_local])
        assert address.ipv4_mapped is None
        assert address.sixtofour is None
        assert address.teredo is None


@given(st.ip_addresses(v=4), st.sampled_from(CARRIERS))
def test_an_ipv4_address_inside_an_ipv6_one_is_not_public(v4: IPv4Address, carrier: str) -> None:
    assert not is_public(ip_network(carrier)[int(v4)])


@given(st.ip_addresses(v=4), st.integers(0, 2**80 - 1))
def test_no_6to4_or_teredo_address_is_public(v4: IPv4Address, rest: int) -> None:
    assert not is_public(IPv6Address(0x2002 << 112 | int(v4) << 80 | rest))
    assert not is_public(IPv6Address(0x20010000 << 96 | int(v4) << 64 | rest % 2**64))
