"""URLs of webhooks: what is taken means the same to every parser, and the rest is refused."""

from urllib.parse import urlsplit

import httpx
import pytest
import yarl
from hypothesis import example, given
from hypothesis import strategies as st

from models.errors import Invalid
from models.webhook_urls import LONGEST, target

NONE: frozenset[str] = frozenset()
NOT_PUBLIC = [
    *("https://127.0.0.1/", "https://127.0.0.1:8443/x", "https://0.0.0.0/", "https://10.1.2.3/"),
    *("https://172.16.0.1/", "https://192.168.1.1/", "https://100.64.0.1/", "https://224.0.0.1/"),
    *("https://169.254.169.254/latest/meta-data/", "https://168.63.129.16/", "https://[::1]/"),
    *("https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::127.0.0.1]/"),
    *("https://[64:ff9b::7f00:1]/", "https://[64:ff9b:1::1]/", "https://[2002:7f00:1::]/"),
    *("https://[2001:0:4136:e378::]/", "https://[fc00::1]/", "https://[fd00:ec2::254]/"),
    *("https://[fe80::1]/", "https://[ff02::1]/", "https://localhost/", "https://LOCALHOST:8443/"),
    *("https://intranet/hook", "https://xn--nxasmq6b/"),
]
INVALID = [
    *("", "https://", "https:///x", "example.com/x", "//example.com/", "ftp://example.com/"),
    *("http://example.com/", "file:///etc/passwd", "gopher://example.com/", "javascript:x"),
    # userinfo
    *(
        "https://user@example.com/",
        "https://user:pass@example.com/",
        "https://example.com@10.0.0.1/",
    ),
    *("https://@example.com/", "https://:@example.com/"),
    # what parsers disagree about
    *(
        "https://example.com\\@10.0.0.1/",
        "https://example.com\\.evil.com/",
        "https:\\\\example.com",
    ),
    *("https://example.com#@10.0.0.1/", "https://example.com/#x", "https://example.com?x#y"),
    *("https://exa mple.com/", "https://example.com /", "https://example.com/a b", " https://a.b/"),
    *("https://example.com/\t", "https://example.com/\r\nx: y", "https://example.com/\x00"),
    *("https://example.com:443:80/", "https://example.com:/", "https://example.com:x/"),
    *("https://example.com:0/", "https://example.com:65536/", "https://example.com:22/"),
    *("https://example.com:25/", "https://example.com:80/", "https://example.com:1023/"),
    *("https://example.com%2f@10.0.0.1/", "https://ex%61mple.com/", "https://%31%30.0.0.1/"),
    *("https://example.com./", "https://.example.com/", "https://a..b/", "https://-a.example.com/"),
    *("https://example.com/%", "https://example.com/%zz", "https://example.com/<x>"),
    *(
        "https://[::1",
        "https://::1/",
        "https://[fe80::1%25eth0]/",
        "https://[::1]x/",
        "https://[]/",
    ),
    *("https://[v1.x]/", "https://[127.0.0.1]/", f"https://{'a' * 64}.com/"),
    # addresses in other writings
    *("https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://127.1/"),
    *("https://017700000001/", "https://0177.0.0.1/", "https://127.0.0.01/", "https://1.2.3.4.5/"),
    *("https://256.0.0.1/", "https://127.0.0.1./", "https://0/", "https://10.0.1/"),
    *(
        "https://１２７.０.０.１/",
        "https://①②⑦.0.0.1/",
        "https://127。0。0。1/",
        "https://a.b.0x1/",
    ),
]


@pytest.mark.parametrize("url", NOT_PUBLIC)
def test_what_is_not_public_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as raised:
        target(url, "to.webhook", NONE)
    assert (raised.value.field, raised.value.reason) == ("to.webhook", "webhook_not_public")


@pytest.mark.parametrize("url", INVALID)
def test_what_is_no_plain_url_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as raised:
        target(url, "to.webhook", NONE)
    assert raised.value.reason == "webhook_invalid"
    assert len(url) < 10 or url not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://Example.COM:443/A?b=C&d", "https://example.com/A?b=C&d"),
        ("https://example.com?x=1", "https://example.com/?x=1"),
        ("https://example.com:8443/%7Ea/%2f", "https://example.com:8443/%7Ea/%2f"),
        ("https://example.com/ü?q=ß", "https://example.com/%C3%BC?q=%C3%9F"),
        ("https://Bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://a_b.example.com/", "https://a_b.example.com/"),
        ("https://8.8.8.8:1024/", "https://8.8.8.8:1024/"),
        ("https://[2606:4700:0::1111]/", "https://[2606:4700::1111]/"),
    ],
)
def test_a_url_has_one_form(url: str, written: str) -> None:
    assert target(url, "to", NONE).url == written
    assert target(written, "to", NONE).url == written


def test_a_long_url_names_the_limit() -> None:
    for path in ("x" * LONGEST, "ü" * 1000):
        with pytest.raises(Invalid) as raised:
            target(f"https://example.com/{path}", "to", NONE)
        assert raised.value.limit == LONGEST


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://127.0.0.1:8401/x", "127.0.0.1:8401"),
        ("https://10.0.0.1/x", "10.0.0.1:443"),
        ("http://intranet/x", "intranet:80"),
        ("https://[::1]:9/x", "[::1]:9"),
    ],
)
def test_the_operator_lets_out_exactly_one_place(url: str, place: str) -> None:
    assert target(url, "to", frozenset({place})).url == url
    for other in (f"{place}0", f"1{place}", place.partition(":")[0]):
        with pytest.raises(Invalid):
            target(url, "to", frozenset({other}))


AUTHORITY = st.text("abé1.:@\\[]/?#%-_ 0xX。\t", max_size=25)


@given(AUTHORITY, st.text("ab/?%41.é&=", max_size=15))
@example("example.com:8443", "/a/../b?c")
@example("é.a", "")
def test_every_parser_reads_the_same_host(authority: str, rest: str) -> None:
    try:
        there = target(f"https://{authority}/{rest}", "to", NONE)
    except Invalid:
        return
    assert target(there.url, "to", NONE) == there
    for host, port in (
        (urlsplit(there.url).hostname, urlsplit(there.url).port),
        (httpx.URL(there.url).raw_host.decode(), httpx.URL(there.url).port),  # what it connects to
        (yarl.URL(there.url).raw_host, yarl.URL(there.url).explicit_port),
        (yarl.URL(str(httpx.URL(there.url))).raw_host, yarl.URL(there.url).explicit_port),
    ):
        assert (host, port or 443) == (there.host, there.port)
