"""A sequence of publishes and roll-backs, as a state machine."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from models.publishing import earlier


class Publishing(RuleBasedStateMachine):
    """A template of which versions are published, and taken back, one step after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.history: list[tuple[str, int]] = []

    @property
    def published(self) -> int | None:
        return self.history[-1][1] if self.history else None

    @rule(version=st.integers(1, 6))
    def publish(self, version: int) -> None:
        if version != self.published:
            self.history.append(("published", version))

    @precondition(lambda self: earlier(self.history) is not None)
    @rule()
    def roll_back(self) -> None:
        target = earlier(self.history)
        assert target is not None
        self.history.append(("rolled_back", target))

    @rule(data=st.data())
    def roll_back_to(self, data: st.DataObject) -> None:
        others = sorted({version for _, version in self.history} - {self.published})
        if others:
            self.history.append(("rolled_back", data.draw(st.sampled_from(others))))

    @invariant()
    def the_earlier_one_was_published_and_is_another(self) -> None:
        target = earlier(self.history)
        if target is not None:
            assert target != self.published
            assert target in {version for _, version in self.history}

    @invariant()
    def rolling_back_again_and_again_ends_and_meets_none_twice(self) -> None:
        history, met = list(self.history), [self.published]
        while (target := earlier(history)) is not None:
            history.append(("rolled_back", target))
            met.append(target)
        assert len(set(met)) == len(met)


TestPublishing = Publishing.TestCase
TestPublishing.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)


def test_undoing_a_publish_leads_to_what_was_before_it() -> None:
    published = [("published", n) for n in (1, 2, 3)]
    assert earlier(published) == 2
    assert earlier([*published, ("rolled_back", 2)]) == 1
    assert earlier([*published, ("rolled_back", 2), ("published", 4)]) == 2
    assert earlier([*published, ("rolled_back", 1)]) is None
    assert earlier([]) is None
