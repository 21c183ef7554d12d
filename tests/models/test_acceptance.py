"""From a request to what is written: what passes can be sent, and what does not names its field."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.acceptance import SHORTEST_LIFE_SECONDS, SKEW, Accepted, Request, accept
from models.errors import Forbidden, Invalid, TidingsError
from models.queues import PRIORITY_KEYS
from models.repositories.references import Category, Person, References, TemplateRef

NOW = datetime(2030, 1, 1, tzinfo=UTC)
VERSION = uuid4()
CONTENTS = {
    VERSION: {
        "email": {"default": {"subject": "Hello {{ name }}", "text": "{{ name }}"}},
        "sms": {"default": {"text": "Hello {{ name }}"}, "de": {"text": "Hallo {{ name }}"}},
    }
}
ADDRESSES = {"email": "ada@example.com", "sms": "+4915112345678", "telegram": "123"}
CHANNELS = list(ADDRESSES)


def category(name: str, priority: str, *, fixed: bool = False) -> Category:
    span = timedelta(days=1)
    channels = ["email", "sms"]
    return Category(uuid4(), name, priority, fixed, channels, "all", span, "hold")


REFERENCES = References(
    categories={
        "transactional": category("transactional", "medium"),
        "otp": category("otp", "high", fixed=True),
        "newsletter": category("newsletter", "low"),
    },
    templates={"hello": TemplateRef("hello", VERSION, ["name"], None)},
    profiles={"7": Person(uuid4(), "Ada", "de-DE", "Europe/Berlin", ["sms"])},
)
HELLO = Request(template="hello", data={"name": "Ada"}, addresses=ADDRESSES)

requests = st.builds(
    Request,
    template=st.sampled_from(["hello", "nope", None]),
    content=st.just({"sms": {"text": "x"}}) | st.none(),
    data=st.sampled_from([{}, {"name": "Ada"}, {"name": "a\r\nb"}, {"other": 1}]),
    category=st.sampled_from([None, "otp", "newsletter", "nope"]),
    external_id=st.sampled_from([None, "7", "8"]),
    addresses=st.dictionaries(st.sampled_from(CHANNELS), st.just("x"), max_size=3),
    channels=st.lists(st.sampled_from(CHANNELS), max_size=3, unique=True).map(tuple),
    channel_mode=st.sampled_from([None, "all", "first"]),
    priority=st.sampled_from([None, *PRIORITY_KEYS]),
    send_at=st.none() | st.timedeltas(timedelta(days=-2), timedelta(days=500)).map(NOW.__add__),
    expires_in=st.none() | st.integers(SHORTEST_LIFE_SECONDS, 86_400 * 30),
)


def accepted(request: Request, *, may_raise: bool = False) -> Accepted:
    return accept(request, REFERENCES, CONTENTS, may_raise_priority=may_raise, now=NOW)


def tried(request: Request, *, may_raise: bool = False) -> Accepted | TidingsError:
    try:
        return accepted(request, may_raise=may_raise)
    except TidingsError as refusal:
        return refusal


@given(requests, st.booleans())
def test_every_request_is_accepted_or_refused_by_a_field(request, may_raise) -> None:
    if (request.template is None) == (request.content is None):
        return  # the body refuses these
    found = tried(request, may_raise=may_raise)
    if isinstance(found, TidingsError):
        assert found.status in (403, 422)
        assert found.field
        assert str(found)
    else:
        _check(request, found)


def _check(request: Request, found: Accepted) -> None:
    assert found.channels
    assert len(set(found.channels)) == len(found.channels)
    if request.channels:
        assert found.channels == request.channels
    if found.profile_id is None:
        assert set(found.channels) <= set(request.addresses)
    assert (found.content is None) is (found.template_version_id is not None)
    if request.send_at:
        assert request.send_at >= NOW - SKEW
        if request.expires_in:
            assert request.send_at < NOW + timedelta(seconds=request.expires_in)


@given(requests)
def test_nobody_without_the_scope_raises_a_priority(request) -> None:
    if (request.template is None) == (request.content is None):
        return
    found = tried(request)
    if isinstance(found, TidingsError):
        return
    names = {c.id: c for c in REFERENCES.categories.values()}
    assert PRIORITY_KEYS[found.priority] >= PRIORITY_KEYS[names[found.category_id].priority]


def test_lowering_a_priority_is_free_raising_it_needs_the_scope() -> None:
    assert accepted(replace(HELLO, priority="low")).priority == "low"
    assert accepted(replace(HELLO, priority="high"), may_raise=True).priority == "high"
    with pytest.raises(Forbidden):
        accepted(replace(HELLO, priority="high"))


@pytest.mark.parametrize("priority", ["medium", "low"])
def test_an_otp_is_always_high(priority) -> None:
    with pytest.raises(Invalid) as refusal:
        accepted(replace(HELLO, category="otp", priority=priority), may_raise=True)

    assert (refusal.value.reason, refusal.value.limit) == ("priority_fixed", "high")


def test_a_profile_brings_its_name_language_and_zone() -> None:
    person = REFERENCES.profiles["7"]

    found = accepted(Request(template="hello", external_id="7"))

    assert found.profile_id == person.id
    assert found.data == {"name": "Ada"}
    assert (found.locale, found.time_zone) == ("de-DE", "Europe/Berlin")


def test_what_the_request_says_goes_before_the_profile() -> None:
    asked = Request(
        template="hello", external_id="7", name="Eve", locale="fr", time_zone="Europe/Paris"
    )

    found = accepted(asked)

    assert found.data == {"name": "Eve"}
    assert (found.locale, found.time_zone) == ("fr", "Europe/Paris")


@pytest.mark.parametrize("seconds", [SHORTEST_LIFE_SECONDS - 1, 0, -60])
def test_an_expiry_too_soon_after_sending_is_refused(seconds) -> None:
    send_at = NOW + timedelta(hours=1)

    with pytest.raises(Invalid) as refusal:
        accepted(replace(HELLO, send_at=send_at, expires_in=3600 + seconds))

    assert (refusal.value.field, refusal.value.reason) == ("expires_in", "expires_before_due")


def test_a_time_in_the_past_is_told_how_far_back_it_may_lie() -> None:
    assert accepted(replace(HELLO, send_at=NOW - SKEW)).send_at == NOW - SKEW
    with pytest.raises(Invalid) as refusal:
        accepted(replace(HELLO, send_at=NOW - SKEW - timedelta(seconds=1)))

    assert refusal.value.reason == "in_the_past"
    assert refusal.value.limit == "5 s ago"


@pytest.mark.parametrize(
    ("channel", "text", "reason"),
    [
        ("telegram", "<b>x", "telegram_html"),
        ("telegram", "<script>x</script>", "telegram_html"),
        ("telegram", "<b></b>", "telegram_empty"),
        ("sms", " \n", "sms_empty"),
    ],
)
def test_what_can_never_arrive_is_refused(channel, text, reason) -> None:
    with pytest.raises(Invalid) as refusal:
        accepted(Request(content={channel: {"text": text}}, addresses=ADDRESSES))

    assert (refusal.value.field, refusal.value.reason) == (f"content.{channel}.text", reason)


def test_the_name_of_a_recipient_is_data_where_a_template_asks_for_it() -> None:
    found = accepted(Request(template="hello", addresses=ADDRESSES, name="Eve"))

    assert found.data == {"name": "Eve"}
    assert accepted(replace(HELLO, name="Eve")).data == {"name": "Ada"}


def test_ids_of_versions_are_those_of_the_template() -> None:
    version: UUID | None = accepted(HELLO).template_version_id

    assert version == VERSION
