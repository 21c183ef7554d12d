"""SendGrid's shared calls: what may share one, what it holds, and whom a refusal names."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_peers import HttpPeer, answer, listening

from activities.vendor import load
from activities.vendors.sendgrid import SUBSTITUTIONS_BYTES
from models.messages import Channel, Message, Outcome, Scope, Verdict

SETTINGS = {"api_key": "SG.secret-key", "sender": "Tidings <n@example.com>"}


def email(n: int, **changes) -> Message:
    usual = {"id": f"o.{n}", "to": f"{n}@example.com", "subject": f"s{n}", "text": f"t{n}"}
    return Message(channel=Channel.EMAIL, **usual | {"request_key": f"o.{n}"} | changes)


async def sent(peer: HttpPeer, batch: list[Message]) -> list[Outcome]:
    async with listening(peer.talk) as port:
        vendor = load("sendgrid", SETTINGS | {"base_url": f"http://127.0.0.1:{port}"})
        await vendor.open()
        outcomes = await vendor.send(batch)
        await vendor.close()
    return outcomes


def body(peer: HttpPeer) -> dict:
    return json.loads(peer.requests[0].partition(b"\r\n\r\n")[2])


def refusal(*errors: tuple[str, str]) -> bytes:
    said = {"errors": [{"field": field, "message": text, "help": None} for field, text in errors]}
    return answer(400, json.dumps(said).encode())


ACCEPTS = answer(202, x_message_id="X1")


async def test_a_shared_call_carries_each_message_s_own_words():
    peer = HttpPeer(ACCEPTS)
    batch = [email(1, html="<p>1</p>"), email(2, html="<p>2</p>", headers={"List-Id": "l"})]
    outcomes = await sent(peer, batch)
    assert set(outcomes) == {Outcome(Verdict.ACCEPTED, vendor_id="X1")}
    assert body(peer) == {
        "from": {"email": "n@example.com", "name": "Tidings"},
        "personalizations": [
            {
                "to": [{"email": "1@example.com"}],
                "subject": "s1",
                "custom_args": {"message": "o.1", "request": "o.1"},
                "substitutions": {"-tidings.text-": "t1", "-tidings.html-": "<p>1</p>"},
            },
            {
                "to": [{"email": "2@example.com"}],
                "subject": "s2",
                "custom_args": {"message": "o.2", "request": "o.2"},
                "headers": {"List-Id": "l"},
                "substitutions": {"-tidings.text-": "t2", "-tidings.html-": "<p>2</p>"},
            },
        ],
        "content": [
            {"type": "text/plain", "value": "-tidings.text-"},
            {"type": "text/html", "value": "-tidings.html-"},
        ],
    }


async def test_a_single_message_needs_no_substitution():
    peer = HttpPeer(ACCEPTS)
    await sent(peer, [email(1, sender="own@example.com")])
    assert body(peer)["content"] == [{"type": "text/plain", "value": "t1"}]
    assert body(peer)["from"] == {"email": "own@example.com"}
    assert "substitutions" not in body(peer)["personalizations"][0]


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        (
            [("personalizations.1.to.0.email", "Does not contain a valid address.")],
            {1: Scope.RECIPIENT},
        ),
        (
            [("personalizations.0.to", "x"), ("personalizations.2.subject", "x")],
            {0: Scope.RECIPIENT, 2: Scope.CONTENT},
        ),
        ([("personalizations.1.to", "x"), ("content", "x")], {}),
        ([("personalizations.9.to", "x")], {}),
        ([("personalizations.1.to", "each address should be unique")], {}),
        ([("personalizations", "x")], {}),
        ([("personalizations.1", "x")], {}),
        ([], {}),
    ],
)
async def test_a_named_culprit_is_refused_and_the_rest_goes_again(errors, expected):
    outcomes = await sent(HttpPeer(refusal(*errors)), [email(n) for n in range(3)])
    refused = {n: o.scope for n, o in enumerate(outcomes) if o.verdict is Verdict.REFUSED}
    rest = [o for n, o in enumerate(outcomes) if n not in expected]
    assert refused == expected
    assert {o.verdict for o in rest} == {Verdict.SPLIT}


async def test_a_call_too_large_is_split():
    outcomes = await sent(HttpPeer(answer(413)), [email(1), email(2)])
    assert {o.verdict for o in outcomes} == {Verdict.SPLIT}


@pytest.mark.parametrize(("sender", "scope"), [("", Scope.ACCOUNT), ("o@x.org", Scope.CONTENT)])
async def test_a_refused_sender_is_not_split(sender, scope):
    batch = [email(n, sender=sender) for n in range(2)]
    outcomes = await sent(HttpPeer(refusal(("from.email", "x"))), batch)
    assert {(o.verdict, o.scope) for o in outcomes} == {(Verdict.REFUSED, scope)}


async def test_a_header_of_sendgrid_s_own_is_refused_before_the_call():
    peer = HttpPeer(ACCEPTS)
    [outcome] = await sent(peer, [email(1, headers={"Reply-To": "r@example.com"})])
    assert (outcome.verdict, outcome.reason) == (Verdict.REFUSED, "invalid")
    assert peer.requests == []


async def test_a_foreign_sender_in_a_call_is_not_sent():
    peer = HttpPeer(ACCEPTS)
    outcomes = await sent(peer, [email(1), email(2, sender="other@example.com")])
    assert {o.verdict for o in outcomes} == {Verdict.SPLIT}
    assert peer.requests == []


bodies = st.sampled_from(["", "hi", "ü" * 4_000, "x" * 9_960, "x" * 9_990, "-tidings.html-"])
messages = st.lists(
    st.builds(
        dict,
        to=st.sampled_from([f"{n}@example.com" for n in range(5)]),
        text=bodies,
        html=bodies,
        sender=st.sampled_from(["", "own@example.com"]),
    ),
    max_size=60,
)


@given(messages, st.integers(1, 4))
def test_calls_hold_every_message_once_and_keep_the_limits(given_messages, most):
    vendor = load("sendgrid", SETTINGS)
    vendor.max_batch = most
    batch = [email(n, **fields) for n, fields in enumerate(given_messages)]
    calls = vendor.batches(batch)
    assert Counter(m.id for call in calls for m in call) == Counter(m.id for m in batch)
    for call in calls:
        assert 1 <= len(call) <= most
        assert len({m.to for m in call}) == len(call)
        content = json.loads(vendor.request(call).content)
        for each in content["personalizations"]:
            substitutions = each.get("substitutions", {})
            size = sum(len((tag + text).encode()) for tag, text in substitutions.items())
            assert size <= SUBSTITUTIONS_BYTES
            assert not any(tag in text for text in substitutions.values() for tag in substitutions)
            assert len(substitutions) in (0, len(content["content"]))
