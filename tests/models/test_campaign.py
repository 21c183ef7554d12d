"""The pure life of a campaign: no path sends what was not approved as it is by somebody else."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
Step = tuple[str, tuple[Any, ...]]
PEOPLE = ("ada", "grace", " Ada ", "GRACE", "joan")


class Life:
    """A campaign with its content, its authors and the approvals of its hash."""

    def __init__(self) -> None:
        self.status = S.DRAFT
        self.content, self.revision = 0, 0
        self.authors = {"ada"}
        self.approved_hash: str | None = None
        self.approver: str | None = None
        self.sent = 0

    @property
    def hash(self) -> str:
        return content_hash({"content": self.content, "revision": self.revision})

    def try_to(self, move: CampaignMove) -> bool:
        try:
            self.status = moved(self.status, move)
        except ValueError:
            return False
        return True

    def edit(self, who: str) -> None:
        was = self.status
        if self.try_to(M.EDITED):
            self.content += 1
            self.revision += was in SUBMITTED
            self.authors.add(who)

    def submit(self, who: str) -> None:
        if self.try_to(M.SUBMITTED):
            self.revision += 1
            self.authors.add(who)

    def approve(self, who: str) -> None:
        if not is_own(who, self.authors) and self.try_to(M.APPROVED):
            self.approved_hash, self.approver = self.hash, who

    def send(self) -> None:
        """What is sent was approved, as it is, by somebody else."""
        if self.status is S.RUNNING:
            self.sent += 1
            assert self.approved_hash == self.hash
            assert self.approver is not None
            assert not is_own(self.approver, self.authors)


def step(name: str, *arguments: Any) -> Step:
    return name, arguments


WAY = [
    *[step("submit", "ada"), step("try_to", M.VALIDATED), step("approve", "joan")],
    *[step("try_to", M.STARTED), step("send")],
]
# One choice a step: rules of a state machine take hypothesis several, and as many times as long.
STEPS = [
    *(step(name, who) for name in ("edit", "submit", "approve") for who in PEOPLE),
    *(step("try_to", move) for move in M if move not in (M.EDITED, M.SUBMITTED, M.APPROVED)),
    *WAY * 12,  # or next to none would come to the end of it
]
LIVES = 2000


def test_no_path_sends_what_was_not_approved() -> None:
    sent = []

    @settings(max_examples=LIVES, deadline=None)
    @given(st.lists(st.sampled_from(STEPS), min_size=30, max_size=30))
    def live(steps: list[Step]) -> None:
        life = Life()
        for name, arguments in steps:
            getattr(life, name)(*arguments)
        sent.append(life.sent)

    live()
    assert len(sent) >= LIVES
    assert sum(map(bool, sent)) >= LIVES // 20, "few lived to be sent: that proves little"


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


@pytest.mark.parametrize(
    "other",
    [
        "Jose\u0301",
        "jos\u00e9\u200b",
        "\u2066Jos\u00e9\u2069",
        "\uff2a\uff4f\uff53\u00e9",
        "JOSE\u0301",
    ],
)
def test_one_person_is_known_by_whatever_reads_the_same(other: str) -> None:
    assert is_own(other, ["Jos\u00e9"])
    assert is_own("Jos\u00e9", [other])
    assert not is_own(other, ["Jose"])


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
