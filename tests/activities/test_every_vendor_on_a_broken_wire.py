"""Every fault with every adapter, on raw sockets. The vendor may have done it, and we cannot know.

Nothing raises, and nothing is sent twice: the peers count the requests and the contents they got.
"""

import asyncio
import socket
from contextlib import ExitStack

import pytest
from raw_peers import (
    CLOSE,
    RESET,
    SILENCE,
    HttpPeer,
    SmtpPeer,
    answer,
    listening,
    read_request,
    say,
)

from models.messages import Outcome, Scope, Verdict

ACCOUNT, RECIPIENT, CONTENT = Scope.ACCOUNT, Scope.RECIPIENT, Scope.CONTENT
RETRY, REFUSED, UNKNOWN = Verdict.RETRY, Verdict.REFUSED, Verdict.UNKNOWN
NEVER = 1  # seconds until we give up on a peer that never comes to an end
HALF_HEAD = b"HTTP/1.1 202 Acc"
HALF_BODY = answer(202, b"half", content_length="99", x_message_id="X1")
CHUNKED = answer(200, transfer_encoding="chunked").replace(b"content-length: 0\r\n", b"")
DEEP = b"[" * 20_000

# fault: (peer, gives up by itself, reason)
MAYBE_SENT = {
    "reset at once": (HttpPeer(before=RESET), "disconnected"),
    "closed at once": (HttpPeer(before=CLOSE), "disconnected"),
    "reset after the body": (HttpPeer(RESET), "disconnected"),
    "closed after the body": (HttpPeer(CLOSE), "disconnected"),
    "silent before reading": (HttpPeer(before=SILENCE), "timeout"),
    "silent after the body": (HttpPeer(SILENCE), "timeout"),
    "nonsense": (HttpPeer(b"\x16\x03\x01 nonsense\r\n\r\n"), "unreadable_answer"),
    "another protocol": (HttpPeer(b"220 ready\r\n"), "unreadable_answer"),
    "half a head": (HttpPeer(HALF_HEAD, then=CLOSE), "disconnected"),
    "half a head, then silent": (HttpPeer(HALF_HEAD, then=SILENCE), "timeout"),
    "half a body": (HttpPeer(HALF_BODY, then=CLOSE), "unreadable_answer"),
    "half a body, then silent": (HttpPeer(HALF_BODY, then=SILENCE), "timeout"),
    "half a body, then reset": (HttpPeer(HALF_BODY, then=RESET), None),
    "half a chunk": (HttpPeer(CHUNKED + b"9\r\nhalf", then=CLOSE), "unreadable_answer"),
    "no chunk at all": (HttpPeer(CHUNKED + b"zz\r\n"), "unreadable_answer"),
    "lies about gzip": (
        HttpPeer(answer(202, b"half", content_encoding="gzip", x_message_id="X1")),
        "unreadable_answer",
    ),
    "two lengths": (
        HttpPeer(answer(202, b"x", x="1\r\ncontent-length: 9", x_message_id="X1")),
        "unreadable_answer",
    ),
    "a length of letters": (HttpPeer(answer(202, content_length="x")), "unreadable_answer"),
    "a length below zero": (HttpPeer(answer(202, content_length="-1")), "unreadable_answer"),
    "endless headers": (
        HttpPeer(b"HTTP/1.1 202 X\r\n", repeated=b"x-a: b\r\n" * 50),
        "unreadable_answer",
    ),
    "an endless header": (HttpPeer(b"HTTP/1.1 202 X\r\na: ", repeated=b"b" * 9000), None),
    "an endless body": (
        HttpPeer(CHUNKED, repeated=b"4000\r\n%b\r\n" % (b"x" * 0x4000)),
        "unreadable_answer",
    ),
    "a trickle": (HttpPeer(CHUNKED, repeated=b"1\r\nx\r\n"), "timeout"),
    "a flood of 1xx": (HttpPeer(repeated=b"HTTP/1.1 100 X\r\n\r\n", answer=b""), "timeout"),
    "another protocol's upgrade": (HttpPeer(answer(101), then=CLOSE), "http_101"),
    "a redirect": (HttpPeer(answer(302, location="http://127.0.0.1:9/")), "http_302"),
    "a redirect to nowhere": (HttpPeer(answer(307, location="http://[")), None),
    "408": (HttpPeer(answer(408)), "http_408"),
    "409": (HttpPeer(answer(409)), "http_409"),
    "500": (HttpPeer(answer(500, b"no")), "http_500"),
    "502": (HttpPeer(answer(502, b"<html>")), "http_502"),
    "504": (HttpPeer(answer(504)), "http_504"),
    "no status that exists": (HttpPeer(answer(999)), None),
    "200 without a body": (HttpPeer(answer(200)), "unreadable_answer"),
    "204": (HttpPeer(answer(204)), "unreadable_answer"),
    "200 with a page": (HttpPeer(answer(200, b"<html>")), "unreadable_answer"),
    "200 with a list": (HttpPeer(answer(200, b"[]")), "unreadable_answer"),
    "200 with null": (HttpPeer(answer(200, b"null")), "unreadable_answer"),
    "200 with a number": (HttpPeer(answer(200, b"7")), "unreadable_answer"),
    "200 with wrong types": (
        HttpPeer(answer(200, b'{"sid": 5, "ok": 1, "result": [7]}')),
        "unreadable_answer",
    ),
    "200 with a huge number": (
        HttpPeer(answer(200, b'{"result": {"message_id": %b}}' % (b"9" * 5000))),
        "unreadable_answer",
    ),
    "200 nested too deep": (HttpPeer(answer(200, DEEP)), "unreadable_answer"),
    "200 not UTF-8": (HttpPeer(answer(200, b'{"sid": "\xff"}')), "unreadable_answer"),
}
# What is no doubt where the status alone is the answer: its head is whole, whatever follows.
BY_STATUS = {
    fault: Verdict.ACCEPTED
    for fault, (peer, _) in MAYBE_SENT.items()
    if peer.answer.startswith((b"HTTP/1.1 200 X", b"HTTP/1.1 202 X", b"HTTP/1.1 204 X"))
    and "length" not in fault
    and "header" not in fault
    and fault not in ("no chunk at all", "half a body, then reset")  # they may come with the head
}
BY_STATUS |= {fault: Verdict.REFUSED for fault in MAYBE_SENT if fault.startswith("a redirect")}
# fault: (peer, verdict of one message, scope, reason)
ANSWERED = {
    "400": (HttpPeer(answer(400, b"no")), Verdict.REFUSED, Scope.CONTENT, "http_400"),
    "400 with a list": (HttpPeer(answer(400, b"[]")), Verdict.REFUSED, Scope.CONTENT, "http_400"),
    "400 with null": (HttpPeer(answer(400, b"null")), Verdict.REFUSED, Scope.CONTENT, "http_400"),
    "400 with wrong types": (
        HttpPeer(answer(400, b'{"errors": 5, "code": [], "ok": false, "description": {}}')),
        Verdict.REFUSED,
        Scope.CONTENT,
        "http_400",
    ),
    "400 nested too deep": (HttpPeer(answer(400, DEEP)), Verdict.REFUSED, Scope.CONTENT, None),
    "401": (HttpPeer(answer(401, b"no")), Verdict.REFUSED, Scope.ACCOUNT, "http_401"),
    "403": (HttpPeer(answer(403, b"<html>")), Verdict.REFUSED, Scope.ACCOUNT, "http_403"),
    "404": (HttpPeer(answer(404)), Verdict.REFUSED, Scope.ACCOUNT, "http_404"),
    "413": (HttpPeer(answer(413)), Verdict.REFUSED, Scope.CONTENT, "http_413"),
    "429": (HttpPeer(answer(429)), Verdict.RETRY, Scope.ACCOUNT, "http_429"),
    "429, half a body": (
        HttpPeer(answer(429, b"half", content_length="99"), then=CLOSE),
        Verdict.RETRY,
        Scope.ACCOUNT,
        "http_429",
    ),
    "503 with a strange charset": (
        HttpPeer(answer(503, b"x", content_type="text/plain; charset=hex")),
        Verdict.RETRY,
        Scope.ACCOUNT,
        "http_503",
    ),
    "503, half a body, then silent": (
        HttpPeer(answer(503, b"half", content_length="99"), then=SILENCE),
        Verdict.RETRY,
        Scope.ACCOUNT,
        "http_503",
    ),
}


def never_ends(peer: HttpPeer) -> bool:
    trickles = 0 < len(peer.repeated) < 100  # larger pieces soon come to the limit of size
    return SILENCE in (peer.answer, peer.before, peer.then) or trickles


async def one_call(sample, peer: HttpPeer, opened, **changes) -> tuple[list[Outcome], HttpPeer]:
    mine = HttpPeer(peer.answer, peer.before, peer.repeated, peer.then)
    seconds = NEVER if never_ends(peer) else 5
    async with listening(mine.talk) as port, opened(sample, port, seconds, **changes) as vendor:
        batch = sample.batch(port)
        outcomes = await vendor.send(batch)
    assert len(outcomes) == len(batch)
    assert mine.connections == 1
    assert len(mine.requests) == (0 if mine.before else 1)
    return outcomes, mine


@pytest.mark.parametrize("fault", MAYBE_SENT)
async def test_a_broken_answer_is_unknown(fault, http_samples, open_vendor, no_secret):
    peer, reason = MAYBE_SENT[fault]
    calls = (one_call(sample, peer, open_vendor) for sample in http_samples)
    for sample, (outcomes, _) in zip(http_samples, await asyncio.gather(*calls), strict=True):
        if sample.own_hosts and fault in BY_STATUS:
            assert {o.verdict for o in outcomes} == {BY_STATUS[fault]}, (sample.name, outcomes)
            continue
        if sample.own_hosts and fault == "half a body, then reset":
            assert {o.verdict for o in outcomes} <= {UNKNOWN, Verdict.ACCEPTED}
            continue
        assert {o.verdict for o in outcomes} == {Verdict.UNKNOWN}, (sample.name, outcomes)
        if reason:
            assert {o.reason for o in outcomes} == {reason}, (sample.name, outcomes)
        no_secret(sample, outcomes)


@pytest.mark.parametrize("fault", ANSWERED)
async def test_a_definite_status_stands(fault, http_samples, open_vendor, no_secret):
    peer, verdict, scope, reason = ANSWERED[fault]
    calls = (one_call(sample, peer, open_vendor) for sample in http_samples)
    for sample, (outcomes, _) in zip(http_samples, await asyncio.gather(*calls), strict=True):
        if verdict is Verdict.REFUSED and scope is Scope.CONTENT and len(outcomes) > 1:
            expected = Verdict.SPLIT
        else:
            expected = verdict
        held = sample.held_against(verdict, scope)
        assert {(o.verdict, o.scope) for o in outcomes} == {(expected, held)}, sample.name
        if reason:
            assert {o.reason for o in outcomes} == {reason}
        no_secret(sample, outcomes)


async def test_a_refused_connect_is_not_sent(sample, open_vendor, no_secret):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, so nobody else takes it; not listening
        port = closed.getsockname()[1]
        async with open_vendor(sample, port) as vendor:
            outcomes = await vendor.send(sample.batch(port))
    assert {(o.verdict, o.scope, o.reason) for o in outcomes} == {
        (Verdict.RETRY, sample.held_against(RETRY, ACCOUNT), "connect_failed")
    }
    no_secret(sample, outcomes)


async def test_a_connection_that_is_never_made_is_not_sent(sample, open_vendor, no_secret):
    with ExitStack() as stack:
        full, *waiting = [stack.enter_context(socket.socket()) for _ in range(4)]
        full.bind(("127.0.0.1", 0))
        full.listen(0)  # never accepts: once its queue is full, the kernel answers nobody
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        port = full.getsockname()[1]
        async with open_vendor(sample, port, NEVER) as vendor:
            outcomes = await vendor.send(sample.batch(port))
    assert {(o.verdict, o.scope, o.reason) for o in outcomes} == {
        (Verdict.RETRY, sample.held_against(RETRY, ACCOUNT), "connect_timeout")
    }
    no_secret(sample, outcomes)


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 plain\r\n\r\n", b"\x15\x03\xff", b"", RESET])
async def test_a_failed_tls_handshake_is_not_sent(greeting, sample, open_vendor, no_secret):
    async def speaks_no_tls(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await say(writer, greeting)  # and hangs up

    async with (
        listening(speaks_no_tls) as port,
        open_vendor(sample, port, over_tls=True) as vendor,
    ):
        outcomes = await vendor.send(sample.batch(port, tls=True))
    held = sample.held_against(RETRY, ACCOUNT)
    assert {(o.verdict, o.scope) for o in outcomes} == {(Verdict.RETRY, held)}, outcomes
    no_secret(sample, outcomes)


async def test_a_tls_handshake_without_end_is_not_sent(sample, open_vendor):
    peer = HttpPeer(before=SILENCE)
    async with (
        listening(peer.talk) as port,
        open_vendor(sample, port, NEVER, over_tls=True) as vendor,
    ):
        outcomes = await vendor.send(sample.batch(port, tls=True))
    held = sample.held_against(RETRY, ACCOUNT)
    assert {(o.verdict, o.scope) for o in outcomes} == {(Verdict.RETRY, held)}


async def test_a_body_that_nobody_reads_ends_at_the_deadline(http_sample, open_vendor):
    async def talks_first(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(202, b"{}", content_length="9"))
        await asyncio.Event().wait()

    async with listening(talks_first) as port, open_vendor(http_sample, port, NEVER) as vendor:
        [message, *_] = http_sample.batch(port)
        big = type(message)(id="o.9", channel=message.channel, to=message.to, text="x" * (8 << 20))
        started = asyncio.get_running_loop().time()
        [outcome] = await vendor.send([big])
        took = asyncio.get_running_loop().time() - started
    by_status = http_sample.own_hosts
    assert outcome.verdict is (Verdict.ACCEPTED if by_status else Verdict.UNKNOWN)
    assert took < 3


# stage: what a 4xx, a 5xx and any of silence, close, reset, nonsense come to; contents that arrive
STAGES = {
    "greeting": ((RETRY, ACCOUNT), (RETRY, ACCOUNT), (RETRY, ACCOUNT), 0),
    "EHLO": ((RETRY, ACCOUNT), (RETRY, ACCOUNT), (RETRY, ACCOUNT), 0),
    "STARTTLS": ((RETRY, ACCOUNT), (RETRY, ACCOUNT), (RETRY, ACCOUNT), 0),
    "AUTH": ((RETRY, ACCOUNT), (REFUSED, ACCOUNT), (RETRY, ACCOUNT), 0),
    "MAIL": ((RETRY, ACCOUNT), (REFUSED, ACCOUNT), (RETRY, CONTENT), 0),
    "RCPT": ((RETRY, RECIPIENT), (REFUSED, RECIPIENT), (RETRY, CONTENT), 0),
    "DATA": ((RETRY, CONTENT), (REFUSED, CONTENT), (UNKNOWN, CONTENT), 0),
    "body": ((RETRY, CONTENT), (REFUSED, CONTENT), (UNKNOWN, CONTENT), 0),
    ".": ((RETRY, CONTENT), (REFUSED, CONTENT), (UNKNOWN, CONTENT), 1),
    "QUIT": ((Verdict.ACCEPTED, CONTENT),) * 3 + (1,),
}
REPLIES = {"AUTH": b"535 5.7.8 no", "RCPT": b"550 5.1.1 nobody"}


@pytest.mark.parametrize("stage", STAGES)
async def test_the_stage_of_a_mail_decides(stage, smtp_sample, open_vendor, no_secret):
    later, never, broken, contents = STAGES[stage]
    faults = {
        b"451 4.3.0 later": later,
        REPLIES.get(stage, b"554 no"): never,
        SILENCE: broken,
        CLOSE: broken,
        RESET: broken,
        b"nonsense": broken,
        b"999 nonsense": broken,
        b"25": broken,
    }

    async def one(fault: bytes) -> tuple[Outcome, SmtpPeer]:
        peer = SmtpPeer({stage: fault})
        tls = "starttls" if stage == "STARTTLS" else "none"
        seconds = NEVER if fault == SILENCE else 5
        async with listening(peer.talk) as port:
            async with open_vendor(smtp_sample, port, seconds, tls=tls) as vendor:
                [outcome] = await vendor.send(smtp_sample.batch(port))
            return outcome, peer

    results = await asyncio.gather(*(one(fault) for fault in faults))
    for (fault, expected), (outcome, peer) in zip(faults.items(), results, strict=True):
        assert (outcome.verdict, outcome.scope) == expected, (fault, outcome)
        assert outcome.reason or outcome.verdict is Verdict.ACCEPTED
        assert peer.connections == 1
        assert len(peer.contents) <= contents
        assert contents == 0 or len(peer.contents) == 1
        no_secret(smtp_sample, outcome)


async def test_a_421_rests_the_account_at_every_stage(smtp_sample, open_vendor):
    async def one(stage: str) -> Outcome:
        peer = SmtpPeer({stage: b"421 4.3.2 closing"})
        async with listening(peer.talk) as port:
            async with open_vendor(smtp_sample, port, tls="none") as vendor:
                [outcome] = await vendor.send(smtp_sample.batch(port))
            assert peer.connections == 1
            return outcome

    stages = ("greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", ".")
    outcomes = await asyncio.gather(*(one(stage) for stage in stages))
    assert {(o.verdict, o.scope) for o in outcomes} == {(RETRY, ACCOUNT)}


async def test_an_idle_connection_that_the_vendor_closed_is_replaced(http_sample, open_vendor):
    noticed = asyncio.Event()
    requests = []

    async def closes_when_idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await read_request(reader):
            requests.append(request)
            writer.write(http_sample.answer())
            writer.write_eof()
        noticed.set()  # the client has hung up as well

    async with listening(closes_when_idle) as port, open_vendor(http_sample, port) as vendor:
        first = await vendor.send(http_sample.batch(port))
        await noticed.wait()
        second = await vendor.send(http_sample.batch(port))
    assert {o.verdict for o in first + second} == {Verdict.ACCEPTED}
    assert len(requests) == 2


async def test_a_kept_connection_that_breaks_under_a_request_is_unknown(http_sample, open_vendor):
    connections, requests = [], []

    async def breaks_on_the_second(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        connections.append(writer)
        while request := await read_request(reader):
            requests.append(request)
            if len(requests) == 2:
                return
            writer.write(http_sample.answer())

    async with listening(breaks_on_the_second) as port, open_vendor(http_sample, port) as vendor:
        await vendor.send(http_sample.batch(port))
        outcomes = await vendor.send(http_sample.batch(port))
    assert {o.verdict for o in outcomes} == {Verdict.UNKNOWN}
    assert (len(connections), len(requests)) == (1, 2)
