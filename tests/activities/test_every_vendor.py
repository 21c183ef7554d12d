"""The contract every vendor keeps. A new vendor is tested by its line in VENDORS and its sample."""

import asyncio
import base64
import logging
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from raw_peers import (
    CLOSE,
    SILENCE,
    HttpPeer,
    SmtpPeer,
    answer,
    listening,
    read_request,
    say,
    until,
)

from activities.vendor import VENDORS, Settlement, load, vendor_class
from models.errors import Misconfigured
from models.messages import Outcome, Scope, Verdict

WHERE = re.compile(
    r"ur[li]|host|port|tls|ssl|verify|cert|domain|endpoint|server|gateway|proxy|region|address"
)


async def sent(sample, peer, open_vendor, *, size=None) -> list[Outcome]:
    async with listening(peer.talk) as port, open_vendor(sample, port) as vendor:
        batch = sample.batch(port)[:size]
        outcomes = await vendor.send(batch)
    assert len(outcomes) == len(batch)
    return outcomes


async def test_an_acceptance_is_accepted(http_sample, open_vendor):
    outcomes = await sent(http_sample, HttpPeer(http_sample.answer()), open_vendor)
    assert set(outcomes) == {Outcome(Verdict.ACCEPTED, http_sample.content["vendor_id"])}


@pytest.mark.parametrize(
    ("status", "verdict", "scope"),
    [
        (400, Verdict.REFUSED, Scope.CONTENT),
        (401, Verdict.REFUSED, Scope.ACCOUNT),
        (402, Verdict.REFUSED, Scope.ACCOUNT),
        (403, Verdict.REFUSED, Scope.ACCOUNT),
        (404, Verdict.REFUSED, Scope.ACCOUNT),
        (408, Verdict.UNKNOWN, Scope.CONTENT),
        (409, Verdict.UNKNOWN, Scope.CONTENT),
        (413, Verdict.REFUSED, Scope.CONTENT),
        (422, Verdict.REFUSED, Scope.CONTENT),
        (425, Verdict.RETRY, Scope.ACCOUNT),
        (429, Verdict.RETRY, Scope.ACCOUNT),
        (500, Verdict.UNKNOWN, Scope.CONTENT),
        (502, Verdict.UNKNOWN, Scope.CONTENT),
        (503, Verdict.RETRY, Scope.ACCOUNT),
        (504, Verdict.UNKNOWN, Scope.CONTENT),
    ],
)
async def test_a_status_has_one_meaning(http_sample, open_vendor, status, verdict, scope):
    scope = http_sample.held_against(verdict, scope)
    [outcome] = await sent(http_sample, HttpPeer(answer(status, b"no")), open_vendor, size=1)
    assert outcome == Outcome(verdict, scope=scope, reason=f"http_{status}", detail=f"{status}: no")


async def test_a_refused_batch_is_split(http_sample, open_vendor):
    outcomes = await sent(http_sample, HttpPeer(answer(400, b"{}")), open_vendor)
    expected = Verdict.REFUSED if len(outcomes) == 1 else Verdict.SPLIT
    assert {outcome.verdict for outcome in outcomes} == {expected}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0.25", 0.25),
        ("99999999999", 3600),
        ("9" * 400, 3600),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sun, 06 Nov 1994 08:49:37", None),
        ("-5", None),
        ("nan", None),
        ("soon", None),
        ("", None),
    ],
)
async def test_a_vendor_s_delay_is_read(http_sample, open_vendor, value, seconds):
    peer = HttpPeer(answer(429, retry_after=value))
    [outcome] = await sent(http_sample, peer, open_vendor, size=1)
    assert outcome.after == (None if seconds is None else timedelta(seconds=seconds))


async def test_a_delay_may_be_a_date(http_sample, open_vendor):
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    peer = HttpPeer(answer(503, retry_after=soon))
    [outcome] = await sent(http_sample, peer, open_vendor, size=1)
    assert outcome.after is not None
    assert timedelta(seconds=50) < outcome.after <= timedelta(seconds=60)


async def test_a_single_message_carries_its_request_key(http_sample, open_vendor):
    peer = HttpPeer(http_sample.answer())
    await sent(http_sample, peer, open_vendor, size=1)
    assert b"\r\nidempotency-key: o.0.r1\r\n" in peer.requests[0].lower()


async def test_a_call_asks_for_no_encoding_and_keeps_no_cookie(http_sample, open_vendor):
    peer = HttpPeer(http_sample.answer())
    await sent(http_sample, peer, open_vendor)
    assert b"\r\naccept-encoding: identity\r\n" in peer.requests[0].lower()
    assert b"gzip" not in peer.requests[0]


@pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 500])
async def test_an_echoed_secret_is_not_kept(http_sample, open_vendor, no_secret, caplog, status):
    """A debugging proxy that shows the whole request, credentials and all."""
    caplog.set_level(logging.DEBUG)
    seen = []

    async def echoes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        seen.append(request)
        # The places where credentials are, then all of it: only 200 characters are kept.
        lines = request.split(b"\r\n")
        said = b" ".join([lines[0], *(line for line in lines if b"uthorization" in line)])
        writer.write(answer(status, said + request))

    async with listening(echoes) as port, open_vendor(http_sample, port) as vendor:
        outcomes = await vendor.send(http_sample.batch(port))
    travels = any(secret.encode() in seen[0] for secret in http_sample.secrets()) or (
        b"uthorization: Basic" in seen[0]
    )
    assert travels is not http_sample.own_hosts  # what only signs stays here
    assert ("***" in outcomes[0].detail) is travels
    assert "Basic " not in outcomes[0].detail.replace("Basic ***", "")
    no_secret(http_sample, outcomes)
    no_secret(http_sample, caplog.text)
    assert "/bot" not in caplog.text


async def test_an_echoed_password_is_not_kept(smtp_sample, open_vendor, no_secret):
    async def echoes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await say(writer, b"220 ready\r\n")
        await reader.readline()
        await say(writer, b"250-peer\r\n250 AUTH PLAIN\r\n")
        await say(writer, b"535 5.7.8 not " + await reader.readline())
        await reader.read()

    async with listening(echoes) as port, open_vendor(smtp_sample, port) as vendor:
        [outcome] = await vendor.send(smtp_sample.batch(port))
    [password] = smtp_sample.secrets()
    plain = base64.b64encode(f"\0tidings\0{password}".encode()).decode()
    assert outcome.reason == "smtp_535"
    assert outcome.detail.endswith("AUTH PLAIN ***")
    assert plain not in outcome.detail
    no_secret(smtp_sample, outcome)


async def test_words_that_no_database_takes_are_cleaned(http_sample, open_vendor):
    peer = HttpPeer(answer(400, b"no\x00\r\n\xff\xed\xa0\x80" + b"x" * 500))
    [outcome] = await sent(http_sample, peer, open_vendor, size=1)
    assert outcome.detail.isprintable()
    assert len(outcome.detail) == 200


@pytest.mark.parametrize("stage", ["before", "during"])
async def test_a_cancelled_call_is_unknown_once_it_is_under_way(sample, open_vendor, stage):
    arrived = asyncio.Event()
    peer = SmtpPeer({".": SILENCE}) if sample.name == "smtp" else HttpPeer(SILENCE)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await peer.talk(reader, writer)

    async with listening(talk) as port, open_vendor(sample, port) as vendor:
        task = asyncio.ensure_future(vendor.send(sample.batch(port)))
        if stage == "during":
            await arrived.wait()
            seen = peer.contents if isinstance(peer, SmtpPeer) else peer.requests
            await until(lambda: seen)
        task.cancel()
        if stage == "before":
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not arrived.is_set()
        else:
            assert {(o.verdict, o.reason) for o in await task} == {(Verdict.UNKNOWN, "cancelled")}


def test_settings_hide_their_secrets(sample, no_secret):
    no_secret(sample, repr(load(sample.name, sample.config(1)).config))


def test_wrong_settings_are_named_and_not_shown(sample, no_secret):
    for wrong in ({"base_ur": "http://127.0.0.1"}, {"sender": 5, "token": "a b"}):
        with pytest.raises(Misconfigured) as raised:
            load(sample.name, sample.config(1) | wrong)
        assert raised.value.field in wrong
        no_secret(sample, str(raised.value))


@pytest.mark.parametrize(
    "url",
    ["ftp://x", "http://user@x", "http://x?y=1", "//x", "http:// x", "http://x/#y", "http://"],
)
def test_an_address_that_is_none_is_refused(placed_sample, url):
    with pytest.raises(Misconfigured, match="base_url"):
        load(placed_sample.name, placed_sample.config(1) | {"base_url": url})


@pytest.mark.parametrize("secret", ["with space", "line\n", "ümlaut", ""])
def test_a_secret_that_fits_no_header_is_refused(http_sample, secret):
    [own, *_] = http_sample.secrets()
    config = http_sample.config(1)
    field = next(key for key, value in config.items() if value == own)
    with pytest.raises(Misconfigured, match="printable"):
        load(http_sample.name, config | {field: secret})


@pytest.mark.parametrize("name", sorted(VENDORS))
def test_a_vendor_is_registered_under_its_own_name(name):
    adapter = vendor_class(name)
    assert adapter.name == name
    assert adapter.settlement in Settlement


@pytest.mark.parametrize("name", sorted(VENDORS))
def test_each_field_that_may_say_where_secrets_go_says_whether_it_does(name):
    fields = vendor_class(name).Config.model_json_schema()["properties"]
    facts = {field: {**said, **said.get("anyOf", [{}])[0]} for field, said in fields.items()}
    secrets = {field for field, said in facts.items() if said.get("writeOnly")}
    assert secrets, "or else nothing has to be guarded"
    open_ones = {field: said for field, said in facts.items() if field not in secrets}
    likely = {f for f, said in open_ones.items() if WHERE.search(f) or "://" in str(said)}
    assert not {field for field in likely if "destination" not in open_ones[field]}


async def test_what_has_no_look_up_stays_unknown(blind_sample, open_vendor):
    peer = HttpPeer(CLOSE)
    async with listening(peer.talk) as port, open_vendor(blind_sample, port) as vendor:
        outcome = await vendor.look_up(blind_sample.batch(port)[0], datetime.now(UTC))
    assert (outcome.verdict, outcome.reason) == (Verdict.UNKNOWN, "no_look_up")
    assert peer.connections == 0
