"""The pure life of a campaign: no path sends what was not approved as it is by somebody else."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from models.campaign import (
    ENDED,
    MOVES,
    SUBMITTED,
    CampaignMove,
    CampaignStatus,
    content_hash,
    is_own,
    moved,
    next_opening,
)

M, S = CampaignMove, CampaignStatus
PEOPLE = ("ada", "grace", " Ada ", "GRACE", "joan")


class Life(RuleBasedStateMachine):
    """A campaign with its content, its authors and the approvals of its hash."""

    def __init__(self) -> None:
        super().__init__()
        self.status = S.DRAFT
        self.content, self.revision = 0, 0
        self.authors = {"ada"}
        self.approved_hash: str | None = None
        self.approver: str | None = None
        self.sent: list[tuple[str | None, str, str | None, frozenset[str]]] = []

    @property
    def hash(self) -> str:
        return content_hash({"content": self.content, "revision": self.revision})

    def try_to(self, move: CampaignMove) -> bool:
        try:
            self.status = moved(self.status, move)
        except ValueError:
            return False
        return True

    @rule(who=st.sampled_from(PEOPLE))
    def edit(self, who: str) -> None:
        was = self.status
        if self.try_to(M.EDITED):
            self.content += 1
            self.revision += was in SUBMITTED
            self.authors.add(who)

    @rule(who=st.sampled_from(PEOPLE))
    def submit(self, who: str) -> None:
        if self.try_to(M.SUBMITTED):
            self.revision += 1
            self.authors.add(who)

    @rule(good=st.booleans())
    def validate(self, good: bool) -> None:
        self.try_to(M.VALIDATED if good else M.FOUND_INVALID)

    @rule(who=st.sampled_from(PEOPLE))
    def approve(self, who: str) -> None:
        if not is_own(who, self.authors) and self.try_to(M.APPROVED):
            self.approved_hash, self.approver = self.hash, who

    @rule(
        move=st.sampled_from(
            [
                m
                for m in M
                if m not in (M.EDITED, M.SUBMITTED, M.VALIDATED, M.FOUND_INVALID, M.APPROVED)
            ]
        )
    )
    def move(self, move: CampaignMove) -> None:
        self.try_to(move)

    @precondition(lambda self: self.status is S.RUNNING)
    @rule()
    def send(self) -> None:
        sent = self.approved_hash, self.hash, self.approver, frozenset(self.authors)
        self.sent.append(sent)

    @invariant()
    def what_is_sent_was_approved_as_it_is_by_somebody_else(self) -> None:
        for approved, hash, approver, authors in self.sent:
            assert approved == hash
            assert approver is not None
            assert not is_own(approver, authors)


Life.TestCase.settings = settings(max_examples=2000, stateful_step_count=30, deadline=None)
test_no_path_sends_what_was_not_approved = Life.TestCase


@pytest.mark.parametrize("status", ENDED)
def test_what_has_ended_moves_no_more(status: CampaignStatus) -> None:
    assert not [move for move in M if status in MOVES[move]]


def test_every_status_can_be_reached_and_left() -> None:
    reached = {target for moves in MOVES.values() for target in moves.values()}
    assert reached == set(S)
    assert {start for moves in MOVES.values() for start in moves} == set(S) - set(ENDED)


@given(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE))
def test_one_person_is_known_by_any_spelling(one: str, other: str) -> None:
    assert is_own(one, [other]) == (one.strip().lower() == other.strip().lower())


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - made aware below
    st.times(),
    st.times(),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
)
def test_the_window_is_open_now_or_opens_within_two_days(
    now: datetime, start: time, end: time, zone: str
) -> None:
    now = now.replace(tzinfo=UTC)
    if start == end:
        with pytest.raises(ValueError, match="never"):
            next_opening(now, start, end, zone)
        return
    opens, closes = next_opening(now, start, end, zone)
    assert opens < closes
    assert closes > now
    assert opens < now + timedelta(days=3)


def test_a_window_over_midnight_is_open_after_midnight() -> None:
    now = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    opens, closes = next_opening(now, time(20), time(6), "UTC")
    assert (opens.day, closes.day, closes.hour) == (23, 24, 6)


def test_the_hash_changes_with_each_fact() -> None:
    facts = {"content": {"sms": "a"}, "audience": 3, "send_at": None}
    hashes = {content_hash(facts | {name: "other"}) for name in facts} | {content_hash(facts)}
    assert len(hashes) == 4
    assert content_hash(dict(reversed(facts.items()))) == content_hash(facts)
