"""What becomes of an unknown outcome, as properties of the policy."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.messages import CALL_DEADLINE, Verdict
from models.settlement import MOST_RESENDS, Action, Doubt, settle

NOW = datetime(2030, 1, 1, tzinfo=UTC)
spans = st.timedeltas(timedelta(hours=-2), timedelta(hours=2))
doubts = st.builds(
    Doubt,
    settlement=st.sampled_from(["idempotent", "correlated", "blind"]),
    on_unknown=st.sampled_from(["resend", "hold"]),
    handed_over_at=spans.map(lambda span: NOW + span),
    expires_at=spans.map(lambda span: NOW + span),
    resends=st.integers(0, 3),
    settle_within=st.timedeltas(timedelta(), timedelta(hours=1)),
    looked_up=st.sampled_from([Verdict.UNKNOWN, Verdict.ACCEPTED, Verdict.RETRY]),
)


@given(doubts)
def test_every_doubt_gets_one_action(doubt) -> None:
    assert settle(doubt, NOW) in Action


@given(doubts)
def test_a_second_copy_is_risked_at_most_once_in_time_and_where_the_category_allows(doubt) -> None:
    if settle(doubt, NOW) is Action.RESEND:
        assert doubt.resends < MOST_RESENDS
        assert doubt.on_unknown == "resend"
        assert doubt.expires_at - NOW > CALL_DEADLINE
        assert doubt.looked_up is Verdict.UNKNOWN


@given(doubts)
def test_the_same_key_is_repeated_only_where_the_vendor_knows_it_and_in_time(doubt) -> None:
    if settle(doubt, NOW) is Action.REPEAT:
        assert doubt.settlement == "idempotent"
        assert NOW - doubt.handed_over_at < doubt.settle_within
        assert doubt.expires_at - NOW > CALL_DEADLINE


@given(doubts)
def test_only_a_vendor_that_can_be_asked_is_waited_for(doubt) -> None:
    if settle(doubt, NOW) is Action.WAIT:
        assert doubt.settlement == "correlated"
        assert NOW - doubt.handed_over_at < doubt.settle_within


@given(doubts)
def test_what_was_looked_up_is_believed(doubt) -> None:
    expected = {Verdict.ACCEPTED: Action.SENT, Verdict.RETRY: Action.NOT_SENT}
    found = settle(doubt, NOW)

    assert found is expected.get(doubt.looked_up, found)
    assert (found in expected.values()) is (doubt.looked_up in expected)


@given(doubts)
def test_waiting_ends(doubt) -> None:
    much_later = max(NOW, doubt.handed_over_at) + doubt.settle_within + timedelta(seconds=1)

    assert settle(doubt, much_later) not in (Action.WAIT, Action.REPEAT)


@given(doubts)
def test_who_holds_holds_for_ever(doubt) -> None:
    after_all = max(NOW, doubt.expires_at, doubt.handed_over_at + doubt.settle_within)
    if doubt.looked_up is Verdict.UNKNOWN:
        for minutes in (1, 60, 10_000):
            assert settle(doubt, after_all + timedelta(minutes=minutes)) is Action.HOLD
