"""Campaigns of any life: only what somebody else approved as it is was sent, once to each.

Hypothesis makes, edits, approves and disturbs them over HTTP and by signals, while the real
platform runs beside it; the vendor's journal and the campaign's account say whether it kept them.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any, ClassVar, TypeVar

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from midnights import midnight
from own_campaigns import Person, Team, number
from platform_in_process import Platform
from temporalio.service import RPCError

from models.campaign import person

T = TypeVar("T")
EXAMPLES, STEPS = 70, 10
LATER = midnight(30)
RESTS = ("draft", "invalid", "pending_approval", "rejected", "lapsed", "scheduled")
LAPSE = """
UPDATE campaign SET lapses_at = now() WHERE id = $1 AND status = 'pending_approval'
RETURNING content_hash
"""
DECISIONS = ("approved", "approval_refused")
NUMBERS = count(1)


@dataclass
class Stage:
    """The platform, which runs in another thread, and who acts on it."""

    platform: Platform
    loop: asyncio.AbstractEventLoop
    people: dict[str, Person]
    lives: list["Story"] = field(default_factory=list)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)


@dataclass
class Story:
    """One campaign as those who acted on it remember it."""

    id: str
    reader: Person
    to: list[str]
    authors: set[str]
    version: int = 0
    hashes: list[str] = field(default_factory=list)  # all that were ever seen
    lapsed: set[str] = field(default_factory=set)


PEOPLE = st.sampled_from(["ada", "grace", "joan", "GRACE"])
AUTHORS = st.sampled_from(["ada", "ada", "grace"])  # somebody must be left to approve
HOW = [*["pause", "resume", "rename"] * 2, "reject", "lapse", "cancel"]


class Life(RuleBasedStateMachine):
    """Every rule is one call; what it answers is what its caller believes."""

    stage: ClassVar[Stage]
    story: Story

    def ask(self, who: str, what: str, **body: Any) -> httpx.Response:
        asked = self.stage.people[who].do(self.story.id, what, **body)
        return self.stage.run(asked)

    def see(self) -> dict[str, Any]:
        view = self.stage.run(self.story.reader.see(self.story.id))
        if view["content_hash"] and view["content_hash"] not in self.story.hashes:
            self.story.hashes.append(view["content_hash"])
        return view

    def hash(self, which: str) -> str:
        """Of what is there now, of something older, or of nothing."""
        now = self.see()["content_hash"]
        older = [known for known in self.story.hashes if known != now]
        known = {"now": now, "older": older[-1] if older else None, "none": None}
        return known[which] or "0" * 64

    def is_author(self, who: str) -> bool:
        return person(self.stage.people[who].owner) in self.story.authors

    @initialize(
        who=AUTHORS,
        size=st.integers(1, 3),
        send_at=st.sampled_from([None, None, LATER]),
        per_second=st.sampled_from([None, 20]),
        begun=st.integers(0, 2),
    )
    def make(
        self, who: str, size: int, send_at: str | None, per_second: float | None, begun: int
    ) -> None:
        """Some are submitted already, some approved."""
        maker = self.stage.people[who]
        numbers = [next(NUMBERS) for _ in range(size)]
        changes = {"content": text(0), "send_at": send_at, "per_second": per_second}
        id = self.stage.run(maker.make(*numbers, **changes))
        self.story = Story(id, maker, [number(n) for n in numbers], {person(maker.owner)})
        self.stage.lives.append(self.story)
        if begun > 0:
            self.submit(who, waits=True)
        if begun > 1:
            self.approve("joan", "now", waits=False)

    @rule(who=AUTHORS, send_at=st.sampled_from([None, LATER, ...]))
    def edit(self, who: str, send_at: Any) -> None:
        version = self.story.version + 1
        changes = {"content": text(version)} | ({} if send_at is ... else {"send_at": send_at})
        answer = self.stage.run(self.stage.people[who].edit(self.story.id, **changes))
        if answer.status_code == 200:
            self.story.version = version
            self.story.authors.add(person(self.stage.people[who].owner))
            assert answer.json()["status"] in ("draft", "validating")
        else:
            assert answer.json()["code"] in ("already_running", "already_ended")

    @rule(who=AUTHORS, waits=st.booleans())
    def submit(self, who: str, waits: bool) -> None:
        answer = self.ask(who, "submit")
        assert answer.status_code in (202, 409)
        if answer.status_code == 202:
            self.story.authors.add(person(self.stage.people[who].owner))
        if waits:
            self.wait()

    def wait(self) -> None:
        """Until it rests."""
        until = time.monotonic() + 30
        while self.see()["status"] in ("validating", "running"):
            assert time.monotonic() < until, self.see()
            time.sleep(0.01)

    @rule(who=PEOPLE, which=st.sampled_from(["now", "now", "older", "none"]), waits=st.booleans())
    def approve(self, who: str, which: str, waits: bool) -> None:
        if waits:
            self.wait()
        hash = self.hash(which)
        answer = self.ask(who, "approve", hash=hash)
        if self.is_author(who):
            assert (answer.status_code, answer.json()["code"]) == (403, "own_campaign")
        else:
            assert answer.status_code in (200, 409)
        if which != "now" or hash in self.story.lapsed:
            assert answer.status_code != 200

    @precondition(lambda self: self.story.hashes)
    @rule(who=PEOPLE, of=PEOPLE, which=st.sampled_from(["now", "older"]), code=st.booleans())
    def approve_by_signal(self, who: str, of: str, which: str, code: bool) -> None:
        hash = self.hash(which)
        given = self.ask(of, "approval-code", hash=hash) if code else None
        known = given.json()["code"] if given is not None and given.status_code == 200 else "X"
        before = self.decisions()
        said = {"approver": self.stage.people[who].owner, "code": known}
        handle = self.stage.platform.client.get_workflow_handle(f"campaign/{self.story.id}")
        try:
            self.stage.run(handle.signal("approve", said))
        except RPCError:  # there is no workflow any more, or not yet
            return
        until = time.monotonic() + 30
        while len(after := self.decisions()) <= len(before):
            assert time.monotonic() < until, "the signal is not in the account"
            time.sleep(0.01)
        same = person(self.stage.people[who].owner) == person(self.stage.people[of].owner)
        if known == "X" or not same or self.is_author(who):
            assert "approved" not in after[len(before) :]

    def decisions(self) -> list[str]:
        events = self.stage.run(self.story.reader.events(self.story.id))
        return [event["kind"] for event in events if event["kind"] in DECISIONS]

    @rule(who=PEOPLE, how=st.sampled_from(HOW), which=st.sampled_from(["now", "older"]))
    def disturb(self, who: str, how: str, which: str) -> None:
        match how:
            case "rename":
                changes = {"name": "Another", "per_second": 50}
                answer = self.stage.run(self.stage.people[who].edit(self.story.id, **changes))
            case "lapse":
                rows = self.stage.platform.api.database
                lapsed = self.stage.run(rows.fetchval(LAPSE, self.story.id))
                self.story.lapsed |= {lapsed} - {None}
                if which == "now":  # and its workflow looks
                    answer = self.ask(who, "rate", per_second=40)
                else:
                    answer = self.ask("joan", "approve", hash=lapsed or "0" * 64)
                    assert answer.status_code != 200
            case "reject":
                answer = self.ask(who, how, hash=self.hash(which), reason="no")
                assert answer.status_code == 403 or not self.is_author(who)
            case _:
                answer = self.ask(who, how)
        assert answer.status_code in (200, 403, 409)

    def teardown(self) -> None:
        """What has begun goes on to its end, and some of what waits; then the promise is asked."""
        if not hasattr(self, "story"):
            return
        self.wait()
        if self.see()["status"] == "pending_approval" and self.story.version % 2 == 0:
            self.approve("joan", "now", waits=False)
            self.wait()
        if self.see()["status"] == "paused":
            self.ask("ada", "resume")
            self.wait()
        self.stage.run(kept(self.stage.platform, self.story))


def text(version: int) -> dict[str, Any]:
    return {"sms": {"text": f"version {version} for {{{{ name }}}}"}}


async def kept(platform: Platform, story: Story) -> str:
    """Was the promise kept? The status it has."""
    view = await story.reader.see(story.id)
    events = await story.reader.events(story.id)
    if view["status"] in ("completed", "cancelled"):
        done = {"sent", "cancelled"}
        await story.reader.counted(story.id, lambda counts: set(counts) <= done)
    counts = (await story.reader.gets("GET", f"/{story.id}/progress"))["counts"]
    effects = [e for to in story.to for e in platform.sandbox.desk.journal.index.find(to, "")]
    arrived = Counter(effect.to for effect in effects)

    assert set(arrived.values()) <= {1}, "twice to one person"
    assert len(effects) == counts.get("sent", 0), (effects, counts)
    assert {e.text.split(" for")[0] for e in effects} <= {f"version {story.version}"}
    started = lawfully_started(events)
    if effects:
        assert started
    if view["status"] == "completed":
        assert arrived == Counter(story.to)
    if view["status"] in RESTS:
        assert not effects, view
    return str(view["status"])


def lawfully_started(events: list[dict[str, Any]]) -> bool:
    """By the account: was it begun after an approval by no author, with no edit in between?"""
    authors: set[str] = set()
    approved = started = False
    for event in events:
        if event["kind"] in ("created", "submitted", "edited"):
            assert not started, events
            authors.add(person(event["by"]))
        if event["kind"] in ("submitted", "edited", "rejected", "lapsed"):
            approved = False
        elif event["kind"] == "approved":
            assert person(event["by"]) not in authors, events
            approved = True
        elif event["kind"] == "started":
            assert approved, events
            started = True
    return started


@pytest.fixture(scope="module")
async def people(vendors, new_team) -> dict[str, Person]:
    team: Team = await new_team(vendors.twilio())
    same = await team.person(" GRACE@Example.com")
    return {"ada": team.ada, "grace": team.grace, "joan": team.joan, "GRACE": same}


async def test_no_life_sends_what_was_not_approved_or_anything_twice(platform, people) -> None:
    loop = asyncio.get_running_loop()
    Life.stage = Stage(platform, loop, people)
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        # Ten steps are read as they are; to make them fewer would take longer than all the rest.
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )

    with ThreadPoolExecutor(1) as thread:
        work = lambda: run_state_machine_as_test(Life, settings=chosen)  # noqa: E731
        await loop.run_in_executor(thread, work)

    lives = Life.stage.lives
    ends = Counter([await kept(platform, story) for story in lives])  # nothing came afterwards
    print(f"\n{len(lives)} lives: {dict(ends)}")
    assert ends["completed"] >= EXAMPLES // 20, "few lived to be sent: that proves little"
