"""The state machine of a message, and the status of a notification, as properties."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.status import (
    MOVES,
    MessageState,
    Move,
    NotificationState,
    Phase,
    Result,
    Status,
    moved,
    status,
)

NOW = datetime(2030, 1, 1, tzinfo=UTC)
STATES = [*(phase for phase in Phase if phase is not Phase.ENDED), *Result]


def may_start(state: Phase | Result, move: Move) -> bool:
    """By identity: both enumerations have an "unknown", and as texts they are equal."""
    return move in MOVES and any(state is start for start in MOVES[move][0])


def row(state: Phase | Result, receipt: str = "none", *, opened: bool = False) -> MessageState:
    if isinstance(state, Result):
        return MessageState(Phase.ENDED, state, receipt, opened)
    return MessageState(state)


rows = st.builds(
    row,
    st.sampled_from(STATES),
    st.sampled_from(["none", "failed", "delivered"]),
    opened=st.booleans(),
)
ended_rows = rows.filter(lambda message: message.phase is Phase.ENDED)
moments = st.timedeltas(timedelta(days=-400), timedelta(days=400)).map(lambda span: NOW + span)
notifications = st.builds(
    NotificationState,
    moments,
    st.booleans(),
    st.sampled_from([None, "done", "cancelled", "expired", "no_contact"]),
)


@given(notifications, st.lists(rows, max_size=6), moments)
def test_every_notification_has_a_status(notification, messages, now) -> None:
    assert status(notification, messages, now) in Status


@given(notifications, st.lists(rows, max_size=6), moments, st.randoms())
def test_the_order_of_messages_does_not_matter(notification, messages, now, random) -> None:
    shuffled = random.sample(messages, len(messages))

    assert status(notification, shuffled, now) is status(notification, messages, now)


@given(notifications, st.lists(ended_rows, max_size=6), moments, moments)
def test_time_alone_changes_nothing_but_scheduled_to_accepted(
    notification, messages, one, two
) -> None:
    before, after = (status(notification, messages, now) for now in sorted((one, two)))

    assert before is after or (before, after) == (Status.SCHEDULED, Status.ACCEPTED)


@given(st.lists(ended_rows, min_size=1, max_size=6), moments, st.booleans())
def test_what_has_ended_is_never_said_to_be_under_way(messages, due_at, cancelled) -> None:
    found = status(NotificationState(due_at, cancelled, "done"), messages, NOW)

    assert found not in (Status.ACCEPTED, Status.SCHEDULED, Status.PROCESSING)


@given(st.lists(rows, min_size=1, max_size=6), moments)
def test_sent_is_said_only_if_something_was_sent(messages, due_at) -> None:
    found = status(NotificationState(due_at), messages, NOW)

    if found in (Status.SENT, Status.DELIVERED, Status.OPENED):
        assert any(message.result is Result.SENT for message in messages)


@pytest.mark.parametrize("move", Move)
def test_every_move_that_ends_in_a_phase_or_result_is_one_of_the_machine(move) -> None:
    if move is Move.QUEUED:  # how a message begins
        assert move not in MOVES
        return
    starts, end = MOVES[move]
    assert starts
    assert all(any(state is known for known in STATES) for state in (*starts, end))


@pytest.mark.parametrize("state", Result)
def test_nothing_leaves_an_end_but_an_acceptance_that_came_late(state) -> None:
    leaving = {move for move in MOVES if may_start(state, move)}

    assert leaving == ({Move.SENT} if state is Result.UNKNOWN else set())


@given(st.lists(st.sampled_from(Move), max_size=30))
def test_walking_the_machine_ends_once_and_stays(moves) -> None:
    state: Phase | Result = Phase.QUEUED
    ends: list[Phase | Result] = []
    for move in moves:
        try:
            state = moved(state, move)
        except ValueError:
            continue
        if isinstance(state, Result):
            ends.append(state)

    assert len(ends) <= 1 or ends == [Result.UNKNOWN, Result.SENT]


@given(st.sampled_from(STATES), st.sampled_from(Move))
def test_a_move_leads_where_the_table_says_or_is_refused(state, move) -> None:
    if may_start(state, move):
        assert moved(state, move) is MOVES[move][1]
    else:
        with pytest.raises(ValueError, match=str(move)):
            moved(state, move)


def test_only_a_claim_leads_into_sending() -> None:
    assert [move for move, (_, end) in MOVES.items() if end is Phase.SENDING] == [Move.HANDING_OVER]
    assert [*MOVES[Move.HANDING_OVER][0]] == [Phase.QUEUED]


@given(st.sampled_from(["none", "failed", "delivered"]), st.booleans())
def test_a_receipt_only_raises_what_is_said(receipt, opened) -> None:
    rank = [Status.FAILED, Status.SENT, Status.DELIVERED, Status.OPENED]
    ended = NotificationState(NOW, end_reason="done")

    before = status(ended, [row(Result.SENT, receipt)], NOW)
    after = status(ended, [row(Result.SENT, receipt, opened=opened)], NOW)

    assert rank.index(after) >= rank.index(before)


@given(st.lists(st.sampled_from(Move), max_size=30))
def test_as_its_message_moves_a_notification_never_goes_back(moves) -> None:
    rank = [Status.ACCEPTED, Status.PROCESSING, Status.UNKNOWN, Status.SENT]
    state: Phase | Result = Phase.QUEUED
    said = [status(NotificationState(NOW), [], NOW)]
    for move in moves:
        if not may_start(state, move):
            continue
        state = moved(state, move)
        why = "done" if isinstance(state, Result) else None
        said.append(status(NotificationState(NOW, end_reason=why), [row(state)], NOW))

    steps = [rank.index(each) if each in rank else len(rank) for each in said]
    assert steps == sorted(steps)
