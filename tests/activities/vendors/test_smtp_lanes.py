"""Lanes: one message behind the other on a connection, and what each of them came to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from raw_peers import CLOSE, RESET, SILENCE, SmtpPeer, listening, until
from smtp_script import HALF, KEPT, Pile, Script

from activities.vendor import Vendor, load
from models.messages import RELEASED, Channel, Message, Outcome, Scope, Verdict

REFUSALS = {
    # stage, reply: verdict, scope, whether the lane goes on
    ("MAIL", b"550 5.7.1 no"): (Verdict.REFUSED, Scope.CONTENT, True),
    ("MAIL", b"452 full"): (Verdict.RETRY, Scope.ACCOUNT, False),
    ("RCPT", b"550 5.1.1 nobody"): (Verdict.REFUSED, Scope.RECIPIENT, True),
    ("RCPT", b"550-5.1.1 nobody\r\n550 5.1.1 here"): (Verdict.REFUSED, Scope.RECIPIENT, True),
    ("RCPT", b"450 4.7.1 greylisted"): (Verdict.RETRY, Scope.RECIPIENT, True),
    ("RCPT", b"530 log in"): (Verdict.REFUSED, Scope.ACCOUNT, False),
    ("DATA", b"554 no"): (Verdict.REFUSED, Scope.CONTENT, True),
    ("DATA", b"451 later"): (Verdict.RETRY, Scope.CONTENT, True),
    (".", b"554 5.7.1 spam"): (Verdict.REFUSED, Scope.CONTENT, True),
    (".", b"452 4.3.1 full"): (Verdict.RETRY, Scope.CONTENT, True),
    (".", b"530 log in"): (Verdict.REFUSED, Scope.ACCOUNT, False),
}


def email(n: int, **changes) -> Message:
    given = {"to": f"m{n}@example.org", "text": f"{n}\n.\n..\n.x", "sender": f"m{n}@example.com"}
    return Message(**{"id": f"o.{n}", "channel": Channel.EMAIL} | given | changes)


def pile(count: int, **more) -> Pile:
    return Pile([email(n) for n in range(count)], **more)


@asynccontextmanager
async def smtp_at(port: int, seconds: float = 5, **changes) -> AsyncIterator[Vendor]:
    given = {
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "sender": "Tidings <n@example.com>",
        "message_id_domain": "example.com",
    }
    vendor = load("smtp", given | changes)
    vendor.call_deadline = timedelta(seconds=seconds)
    await vendor.open()
    try:
        yield vendor
    finally:
        await vendor.close()


async def run(script: Script, source: Pile, seconds: float = 5, **changes) -> dict[str, Outcome]:
    """One lane, to its end."""
    async with script.listening() as port, smtp_at(port, seconds, **changes) as vendor:
        async with asyncio.timeout(10):
            await vendor.run_lane(source)
    assert not script.hasty
    return source.outcomes


def verdicts(outcomes: dict[str, Outcome]) -> list[Verdict]:
    return [outcomes[key].verdict for key in sorted(outcomes)]


@pytest.mark.parametrize("pipelining", [True, False])
async def test_a_lane_sends_all_on_one_connection(pipelining):
    script = Script(pipelining=pipelining)
    outcomes = await run(script, pile(5))
    assert verdicts(outcomes) == [Verdict.ACCEPTED] * 5
    assert [outcomes[f"o.{n}"].vendor_id for n in range(5)] == [f"m{n}" for n in range(5)]
    assert script.taken == {f"m{n}": 1 for n in range(5)}
    assert (script.connections, script.early) == (1, 4 if pipelining else 0)


async def test_a_content_arrives_as_it_was():
    script = Script()
    await run(script, pile(1))
    head, _, body = script.contents["m0"].partition(b"Content-Transfer-Encoding: 7bit\r\n\r\n")
    assert head.startswith(b"From: m0@example.com\r\n")
    assert b"\r\nMessage-ID: <o.0@example.com>\r\n" in head
    assert body == b"0\r\n.\r\n..\r\n.x\r\n"


async def test_an_envelope_says_the_size_and_what_the_server_has_to_be_ready_for():
    script = Script()
    await run(script, Pile([email(0), email(1, headers={"X-Name": "ü"}), email(2, sender="")]))
    mails = [command for command in script.commands if command.startswith(b"MAIL")]
    assert mails[0] == b"MAIL FROM:<m0@example.com> SIZE=%d" % len(script.contents["m0"])
    assert mails[2].startswith(b"MAIL FROM:<n@example.com> SIZE=")
    assert b"RCPT TO:<m0@example.org>" in script.commands


async def test_there_is_one_round_trip_a_message():
    """The server answers a packet with all it has to say, and only when it has it whole."""
    ends = (b"DATA\r\n", b"\r\n.\r\nMAIL FROM", b"\r\n.\r\n")
    seen = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        await reader.readline()
        writer.write(b"250-x\r\n250 PIPELINING\r\n")
        envelope = b"250 ok\r\n250 ok\r\n354 go\r\n"
        for end, said in zip(ends, (envelope, b"250 A\r\n" + envelope, b"250 B\r\n"), strict=True):
            data = b""
            while end not in data or not data.endswith((b"DATA\r\n", b"\r\n.\r\n")):
                data += await reader.read(9999)
            seen.append(data)
            writer.write(said)
        await reader.read()

    async with listening(talk) as port, smtp_at(port) as vendor:
        source = pile(2)
        await vendor.run_lane(source)
    assert [source.outcomes[f"o.{n}"].vendor_id for n in range(2)] == ["A", "B"]
    assert [data.count(b"\r\nRCPT TO:") for data in seen] == [1, 1, 0]


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("refusal", REFUSALS)
async def test_a_refusal_is_its_own_messages_and_no_others(refusal, pipelining, strict):
    verdict, scope, goes_on = REFUSALS[refusal]
    script = Script({"m1": refusal}, pipelining=pipelining, strict=strict)
    source = pile(4)
    outcomes = await run(script, source)
    assert (outcomes["o.1"].verdict, outcomes["o.1"].scope) == (verdict, scope)
    others = {key: outcome for key, outcome in outcomes.items() if key != "o.1"}
    if goes_on:
        assert verdicts(others) == [Verdict.ACCEPTED] * 3
        assert script.connections == 1
    else:
        assert others.pop("o.0").verdict is Verdict.ACCEPTED
        assert set(others.values()) <= {RELEASED}
        assert source.left
    assert script.taken == {f"m{key[2:]}": 1 for key, o in outcomes.items() if o.vendor_id}


async def test_a_server_that_wants_the_content_of_a_refused_envelope_gets_a_dot():
    script = Script({"m1": ("RCPT", b"550 5.1.1 nobody")}, strict=False)
    outcomes = await run(script, pile(3))
    assert verdicts(outcomes) == [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.ACCEPTED]
    assert outcomes["o.1"].reason == "smtp_550"
    assert (script.empty, script.connections) == (1, 1)
    assert [c for c in script.commands if c == b"RSET"] == [b"RSET"]


@pytest.mark.parametrize("after_dot", [CLOSE, b"nonsense", SILENCE])
async def test_nothing_that_follows_the_dot_changes_a_refusal(after_dot):
    script = Script({"m0": ("RCPT", b"550 5.1.1 nobody")}, strict=False, to_nothing=after_dot)
    outcomes = await run(script, pile(2), seconds=0.3 if after_dot == SILENCE else 5)
    assert verdicts(outcomes) == [Verdict.REFUSED, Verdict.ACCEPTED]
    assert script.connections == 2


async def test_no_empty_mail_is_sent_where_the_sender_alone_was_refused():
    said = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        await reader.readline()
        writer.write(b"250-x\r\n250 PIPELINING\r\n")
        await reader.readuntil(b"DATA\r\n")
        writer.write(b"550 no\r\n250 ok\r\n354 go\r\n")
        with suppress(ConnectionResetError):
            said.append(await reader.read(1))
        hung_up.set()

    hung_up = asyncio.Event()
    async with listening(talk) as port, smtp_at(port) as vendor:
        source = pile(1)
        await vendor.run_lane(source)
        await hung_up.wait()
    assert source.outcomes["o.0"].verdict is Verdict.REFUSED
    assert b"".join(said) == b""


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "."])
async def test_a_421_closes_the_connection_and_rests_the_account(stage, pipelining):
    script = Script({"m0": (stage, b"421 4.3.2 closing")}, pipelining=pipelining)
    source = pile(3)
    outcomes = await run(script, source)
    assert (outcomes.pop("o.0").scope, script.connections) == (Scope.ACCOUNT, 1)
    assert set(outcomes.values()) <= {RELEASED}
    assert source.left


async def test_a_connection_is_left_with_a_421_though_the_server_does_not_close_it():
    peer = SmtpPeer({".": b"421 4.3.2 closing"})
    async with listening(peer.talk) as port, smtp_at(port) as vendor:
        await vendor.run_lane(source := pile(1))
        await until(lambda: not peer.at_once)
    assert source.outcomes["o.0"].reason == "smtp_421"


async def test_a_connection_with_an_envelope_on_it_is_not_used_for_another_message():
    script = Script({"m0": (".", b"530 log in")})
    async with script.listening() as port, smtp_at(port) as vendor:
        await vendor.run_lane(source := pile(2))
        [outcome] = await vendor.send([email(2)])
    assert (source.outcomes["o.1"], outcome.vendor_id) == (RELEASED, "m2")
    assert script.taken == {"m2": 1}
    assert script.connections == 2


@pytest.mark.parametrize("fault", [b"421 4.7.0 enough", CLOSE, RESET, b"503 what", b"nonsense"])
@pytest.mark.parametrize("pipelining", [True, False])
async def test_a_connection_that_takes_no_more_mails_is_replaced(fault, pipelining):
    script = Script({"m2": ("MAIL", fault)}, pipelining=pipelining, only_once=True)
    outcomes = await run(script, pile(4))
    if fault == RESET:  # it may overtake what was said before it
        outcomes.pop("o.1")
    assert set(verdicts(outcomes)) == {Verdict.ACCEPTED}
    assert script.connections == 2


async def test_a_second_connection_that_breaks_at_mail_is_not_followed_by_a_third():
    script = Script({"m1": ("MAIL", CLOSE)})
    outcomes = await run(script, pile(3))
    assert verdicts(outcomes) == [Verdict.ACCEPTED, Verdict.RETRY, Verdict.ACCEPTED]
    assert (outcomes["o.1"].scope, outcomes["o.1"].reason) == (Scope.CONTENT, "disconnected")
    assert script.connections == 3


LOST = [CLOSE, RESET, SILENCE, b"nonsense", b"999 what", HALF]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("stage", ["RCPT", "DATA"])
async def test_without_its_content_written_a_message_is_not_sent(stage, fault, pipelining):
    script = Script({"m0": (stage, fault)}, pipelining=pipelining)
    seconds = 0.3 if fault in (SILENCE, HALF) else 5
    outcomes = await run(script, pile(2), seconds)
    assert (outcomes["o.0"].verdict, outcomes["o.0"].scope) == (Verdict.RETRY, Scope.CONTENT)
    assert outcomes["o.1"].verdict is Verdict.ACCEPTED
    assert script.taken == {"m1": 1}


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("kept", [b"", KEPT])
@pytest.mark.parametrize("fault", LOST)
async def test_a_content_without_a_reply_is_unknown_and_what_stands_behind_it_is_released(
    fault, kept, pipelining
):
    script = Script({"m0": (".", kept + fault)}, pipelining=pipelining)
    outcomes = await run(script, pile(3), 0.3 if fault in (SILENCE, HALF) else 5)
    assert outcomes["o.0"].verdict is Verdict.UNKNOWN
    assert (outcomes["o.1"] == RELEASED) is pipelining
    assert outcomes["o.2"].verdict is Verdict.ACCEPTED
    assert script.taken == ({"m0": 1} if kept else {}) | ({} if pipelining else {"m1": 1}) | {
        "m2": 1
    }


@pytest.mark.parametrize("fault", [CLOSE, RESET])
async def test_half_a_content_is_unknown(fault):
    script = Script({"m0": ("body", fault)})
    outcomes = await run(script, Pile([email(0, text="x\n" * 500_000), email(1), email(2)]))
    assert verdicts(outcomes) == [Verdict.UNKNOWN, Verdict.RETRY, Verdict.ACCEPTED]
    assert outcomes["o.1"] == RELEASED


async def test_a_message_that_smtp_cannot_carry_disturbs_no_other():
    bad = {"subject": "a\r\nBcc: b@example.com"}
    messages = [email(0), email(1, **bad), email(2), email(3, to="ü@example.org"), email(4)]
    script = Script()
    outcomes = await run(script, Pile(messages))
    assert outcomes["o.1"].reason == "header_control_character"
    assert outcomes["o.3"].reason == "address_not_supported"
    assert script.taken == {"m0": 1, "m2": 1, "m4": 1}
    assert (script.connections, script.early) == (1, 2)


async def test_only_messages_that_smtp_cannot_carry_need_no_connection():
    script = Script()
    outcomes = await run(script, Pile([email(n, to="ü@example.org") for n in range(3)]))
    assert verdicts(outcomes) == [Verdict.REFUSED] * 3
    assert script.connections == 0


async def test_without_a_connection_the_account_rests_and_the_lane_ends():
    source = pile(3)
    async with Script().listening() as port:
        pass
    async with smtp_at(port) as vendor:
        await vendor.run_lane(source)
    assert list(source.outcomes) == ["o.0"]
    outcome = source.outcomes["o.0"]
    assert (outcome.verdict, outcome.scope) == (Verdict.RETRY, Scope.ACCOUNT)
    assert outcome.reason == "connect_failed"


async def test_a_server_that_does_not_greet_ends_the_lane_in_time():
    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(says_nothing) as port, smtp_at(port, seconds=0.1) as vendor:
        source = pile(3)
        await vendor.run_lane(source)
    assert list(source.outcomes) == ["o.0"]
    assert source.outcomes["o.0"].reason == "connect_timeout"


async def test_a_connection_is_kept_for_the_next_lane_and_for_single_messages():
    script = Script()
    async with script.listening() as port, smtp_at(port) as vendor:
        for source in (pile(2), pile(2)):
            await vendor.run_lane(source)
            assert verdicts(source.outcomes) == [Verdict.ACCEPTED] * 2
            [outcome] = await vendor.send([email(9)])
            assert outcome.verdict is Verdict.ACCEPTED
        assert script.connections == 1


async def test_a_refused_last_message_leaves_a_connection_that_is_fit_for_more():
    script = Script({"m1": ("RCPT", b"550 5.1.1 nobody")})
    async with script.listening() as port, smtp_at(port) as vendor:
        await vendor.run_lane(pile(2))
        [outcome] = await vendor.send([email(2)])
        await vendor.run_lane(again := pile(1))
    assert [outcome.verdict, *verdicts(again.outcomes)] == [Verdict.ACCEPTED] * 2
    assert script.connections == 1


@pytest.mark.parametrize("fault", [CLOSE, RESET, b"421 4.4.2 idle too long"])
async def test_a_connection_closed_while_idle_is_replaced_and_counts_for_nothing(fault):
    script = Script({"m7": ("MAIL", fault)}, only_once=True)
    async with script.listening() as port, smtp_at(port) as vendor:
        await vendor.run_lane(pile(1))
        await vendor.run_lane(source := Pile([email(7), email(8)]))
    assert verdicts(source.outcomes) == [Verdict.ACCEPTED] * 2
    assert script.connections == 2


async def test_only_one_kept_connection_is_tried():
    script = Script({"m7": ("MAIL", CLOSE)})
    async with script.listening() as port, smtp_at(port) as vendor:
        await asyncio.gather(*(vendor.send([email(n)]) for n in range(2)))
        await vendor.run_lane(source := Pile([email(7)]))
    assert source.outcomes["o.7"].verdict is Verdict.RETRY
    assert len([c for c in script.commands if c.startswith(b"MAIL FROM:<m7@")]) == 2
    assert script.connections == 3


async def test_lanes_and_single_messages_share_the_connections():
    script = Script()
    async with script.listening() as port, smtp_at(port, connections=2) as vendor:
        assert vendor.lanes == 2
        source = pile(60)
        lanes = [asyncio.ensure_future(vendor.run_lane(source)) for _ in range(vendor.lanes)]
        await until(lambda: script.taken)
        singles = await asyncio.gather(*(vendor.send([email(n)]) for n in range(100, 105)))
        assert source.left  # they did not wait for the campaign's end
        await asyncio.gather(*lanes)
    assert {outcome.verdict for [outcome] in singles} == {Verdict.ACCEPTED}
    assert verdicts(source.outcomes) == [Verdict.ACCEPTED] * 60
    assert script.most_at_once == 2
    assert set(script.taken.values()) == {1}


async def test_a_lane_that_finds_no_room_does_not_blame_the_account():
    script = Script({"m9": (".", SILENCE)})
    async with script.listening() as port, smtp_at(port, 0.3, connections=1) as vendor:
        single = asyncio.ensure_future(vendor.send([email(9)]))
        await until(lambda: b"DATA" in script.commands)
        source = pile(1)
        await vendor.run_lane(source)
        await single
    outcome = source.outcomes["o.0"]
    assert (outcome.reason, outcome.scope) == ("no_free_connection", Scope.CONTENT)


async def test_no_envelope_stands_behind_the_content_of_a_slow_server():
    script = Script(thinks_seconds=0.55)
    outcomes = await run(script, pile(3), seconds=2)
    assert verdicts(outcomes) == [Verdict.ACCEPTED] * 3
    assert script.early == 1


async def test_a_content_is_not_begun_when_most_of_its_time_is_over():
    script = Script(thinks_seconds=0.4)
    outcomes = await run(script, pile(3), seconds=0.6)
    assert outcomes["o.1"] == RELEASED
    assert verdicts(outcomes) == [Verdict.ACCEPTED, Verdict.RETRY, Verdict.ACCEPTED]
    assert script.taken == {"m0": 1, "m2": 1}


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("stage", "first", "second"),
    [
        ("MAIL", RELEASED, None),
        ("RCPT", RELEASED, None),
        ("DATA", RELEASED, None),
        ("body", Verdict.UNKNOWN, RELEASED),
        (".", Verdict.UNKNOWN, RELEASED),
    ],
)
async def test_cancelled_what_was_written_is_unknown_and_the_rest_released(
    stage, first, second, pipelining
):
    script = Script({"m0": (stage, SILENCE)}, pipelining=pipelining)
    source = pile(3)
    async with script.listening() as port, smtp_at(port) as vendor:
        lane = asyncio.ensure_future(vendor.run_lane(source))
        await until(lambda: script.silent)
        lane.cancel()
        with pytest.raises(asyncio.CancelledError):
            await lane
        await until(lambda: not script.open)
    outcomes = source.outcomes
    assert first in (outcomes["o.0"], outcomes["o.0"].verdict)
    assert outcomes.get("o.1") == (second if pipelining else None)
    assert script.taken == {}


async def test_cancelled_while_it_connects_a_lane_releases():
    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()

    connected = asyncio.Event()
    async with listening(says_nothing) as port, smtp_at(port) as vendor:
        source = pile(2)
        lane = asyncio.ensure_future(vendor.run_lane(source))
        await connected.wait()
        lane.cancel()
        with pytest.raises(asyncio.CancelledError):
            await lane
    assert source.outcomes == {"o.0": RELEASED}


async def test_a_server_that_answers_oddly_is_left():
    script = Script({"m0": (".", b"255 perhaps")}, pipelining=False)
    outcomes = await run(script, pile(2))
    assert verdicts(outcomes) == [Verdict.UNKNOWN, Verdict.ACCEPTED]
    assert script.connections == 2


@pytest.mark.parametrize("surplus", [b"250 more", b"what"])
async def test_a_server_that_says_more_than_it_was_asked_is_left(surplus):
    script = Script({"m0": (".", KEPT + b"250 ok: queued as m0\r\n" + surplus)}, pipelining=False)
    outcomes = await run(script, pile(2))
    assert verdicts(outcomes) == [Verdict.ACCEPTED] * 2
    assert script.connections == 2
