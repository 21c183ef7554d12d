"""Whatever a mail server does with each message, the outcomes say what it has really taken."""

import asyncio

import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_peers import CLOSE, RESET, SILENCE, until
from smtp_script import HALF, KEPT, Pile, Script

from activities.vendor import Vendor, load
from models.messages import RELEASED, Channel, Message, Verdict

REFUSALS = [b"550 5.1.1 no", b"451 4.3.0 later", b"550-5.7.1 no\r\n550 5.7.1 never", b"530 no"]
BREAKS = [CLOSE, RESET, b"nonsense", b"250-half\r\n354 other", b"421 4.3.2 closing", b"255 odd"]
NOT_SENT = (Verdict.REFUSED, Verdict.RETRY)
SECONDS = 5.0

faults = st.one_of(
    st.none(),
    st.tuples(st.sampled_from(["MAIL", "RCPT", "DATA", "."]), st.sampled_from(REFUSALS + BREAKS)),
    st.tuples(st.just("body"), st.sampled_from([CLOSE, RESET])),
    st.tuples(st.just("."), st.sampled_from([CLOSE, RESET, b"nonsense"]).map(KEPT.__add__)),
)
scripts = st.builds(
    Script,
    faults=st.lists(faults, max_size=8).map(
        lambda each: {f"m{n}": fault for n, fault in enumerate(each) if fault}
    ),
    cuts=st.lists(st.integers(1, 60), min_size=1, max_size=5),
    pipelining=st.booleans(),
    strict=st.booleans(),
    only_once=st.booleans(),
    to_nothing=st.sampled_from([b"250 2.0.0 ok: queued as NOTHING", b"554 no", CLOSE]),
)
moments = st.lists(st.booleans(), min_size=1, max_size=4)


def smtp_at(port: int, seconds: float, connections: int) -> Vendor:
    given = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": "n@example.com"}
    more = {"message_id_domain": "example.com", "connections": connections}
    vendor = load("smtp", given | more)
    vendor.call_deadline *= seconds / vendor.call_deadline.total_seconds()
    return vendor


def pile(count: int, ready: list[bool]) -> Pile:
    each = {"channel": Channel.EMAIL, "to": "a@example.org", "text": "hi\n.\n" * 50}
    left = [Message(id=f"o.{n}", sender=f"m{n}@example.com", **each) for n in range(count)]
    return Pile(left, ready)


def agree(script: Script, source: Pile) -> None:
    """What the lanes say, and what the server has."""
    assert not script.hasty
    for key, outcome in source.outcomes.items():
        times = script.taken[f"m{key[2:]}"]
        assert times <= 1, (key, outcome)
        if outcome.verdict is Verdict.ACCEPTED:
            assert times == 1, (key, outcome)
            assert outcome.vendor_id != "NOTHING"
        if outcome.verdict in NOT_SENT:
            assert times == 0, (key, outcome)


@settings(max_examples=150, deadline=None)
@given(scripts, st.integers(1, 8), st.integers(1, 3), moments)
def test_outcomes_agree_with_the_server(script, count, lanes, ready):
    source = pile(count, ready)

    async def all_of_it() -> None:
        async with script.listening() as port:
            vendor = smtp_at(port, SECONDS, lanes)
            while source.left:  # where the account had to rest, a lane comes again
                await asyncio.gather(*(vendor.run_lane(source) for _ in range(lanes)))
            await vendor.close()

    faulty = dict(script.faults)
    uvloop.run(all_of_it())
    agree(script, source)
    for key, outcome in source.outcomes.items():
        stage, what = faulty.get(f"m{key[2:]}", ("", b""))
        if outcome.verdict is Verdict.UNKNOWN and not _breaks_early(faulty):
            assert stage in (".", "body"), (key, outcome)
            assert what not in REFUSALS


def _breaks_early(faulty: dict[str, tuple[str, bytes]]) -> bool:
    """A break that may overtake the reply before it: the kernel throws away what is unread."""
    return any(what in (CLOSE, RESET) and stage != "." for stage, what in faulty.values())


@settings(max_examples=60, deadline=None)
@given(scripts, st.sampled_from(["MAIL", "RCPT", "DATA", "body", "."]), st.integers(0, 3), moments)
def test_cancelled_anywhere_the_outcomes_agree(script, stage, at, ready):
    script.faults = {f"m{at}": (stage, SILENCE)}
    source = pile(6, ready)

    async def cancelled() -> None:
        async with script.listening() as port:
            vendor = smtp_at(port, SECONDS, 1)
            lane = asyncio.ensure_future(vendor.run_lane(source))
            await until(lambda: script.silent)
            lane.cancel()
            await asyncio.wait([lane])
            assert lane.cancelled()
            await vendor.close()

    uvloop.run(cancelled())
    agree(script, source)
    doubtful = {int(key[2:]) for key, o in source.outcomes.items() if o.verdict is Verdict.UNKNOWN}
    # What was said to the one before may still have been on its way.
    assert doubtful <= ({at - 1, at} if stage in ("body", ".") else {at - 1})
    assert at in doubtful or stage not in ("body", ".")


@settings(max_examples=10, deadline=None)
@given(
    st.tuples(st.sampled_from(["MAIL", "RCPT", "DATA", "."]), st.sampled_from([SILENCE, HALF]))
    | st.just(("body", SILENCE)),
    st.booleans(),
    moments,
)
def test_when_the_time_is_over_the_outcomes_agree(fault, pipelining, ready):
    stage, silence = fault
    script = Script({"m1": (stage, silence)}, pipelining=pipelining)
    source = pile(4, ready)

    async def in_time() -> None:
        async with script.listening() as port:
            vendor = smtp_at(port, 0.2, 1)
            async with asyncio.timeout(5):
                await vendor.run_lane(source)
            await vendor.close()

    uvloop.run(in_time())
    agree(script, source)
    others = {key: o for key, o in source.outcomes.items() if key != "o.1"}
    assert {o.verdict for o in others.values() if o != RELEASED} == {Verdict.ACCEPTED}
    gone = stage in ("body", ".")
    assert source.outcomes["o.1"].verdict is (Verdict.UNKNOWN if gone else Verdict.RETRY)
