"""Prepare a submitted campaign: its audience counted and frozen, its rules checked, its hash."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from temporalio import activity

from activities.pace import beating
from models.campaign import CampaignMove, CampaignStatus, content_hash
from models.errors import TidingsError
from models.messages import Channel
from models.rendering import content as contents
from models.repositories import campaign_snapshots, campaigns
from models.repositories.campaign_snapshots import Snapshot
from models.repositories.campaigns import BOUND, By, Row
from models.sessions import Session, Sessions

SAMPLE = 100
FEW_PROBLEMS = 20  # so many are listed of the sample
CANARY_LEAST = 10
Problem = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """The application's limits of size."""

    two_approvers_above: int
    most_people: int


class _Edited(Exception):
    """Or cancelled, while it was prepared: what was counted is void."""


class PrepareActivities:
    """Holds the database and the limits."""

    def __init__(self, sessions: Sessions, limits: Limits) -> None:
        self.sessions = sessions
        self.limits = limits

    @activity.defn
    async def prepare_campaign(self, campaign_id: UUID) -> str:
        """The status it has now. Idempotent: a campaign that is not to be validated stays as it is.

        One transaction: an edit or a cancellation meanwhile makes it void, and it begins again.
        """
        async with beating():
            while True:
                with suppress(_Edited):
                    async with self.sessions.begin() as session:
                        await campaign_snapshots.prepare_lock(session, campaign_id)
                        campaign = await campaigns.read(session, campaign_id)
                        if campaign["status"] != CampaignStatus.VALIDATING:
                            return str(campaign["status"])
                        return await self._prepared(session, campaign)

    async def _prepared(self, session: Session, campaign: Row) -> str:
        """What it has become."""
        facts = await campaign_snapshots.facts(session, campaign["id"])
        problems = rule_problems(campaign, facts)
        audience = await campaign_snapshots.audience_of(session, campaign)
        if isinstance(audience, str):
            problems.append(_problem(audience, "audience", f"{audience.replace('_', ' ')}"))
            await campaign_snapshots.clear(session, campaign["id"])
            snapshot = Snapshot(campaign["id"], 0, 0, 0, "")
        else:
            snapshot = await campaign_snapshots.take(session, campaign, audience)
            problems += self._size_problems(snapshot)
        rows = await campaign_snapshots.sample(session, snapshot.audience_id, SAMPLE)
        failed = render_problems(campaign, facts, rows)
        fatal = [*problems, *(failed if rows and len(failed) == len(rows) else ())]
        # Only now is it locked: reading a million people must hold up no edit.
        locked = await campaigns.lock(session, campaign["application_id"], campaign["id"])
        if (locked["revision"], locked["status"]) != (campaign["revision"], campaign["status"]):
            raise _Edited
        canary_until = await self._canary_until(session, campaign, snapshot)
        result = self._result(campaign, snapshot, [*problems, *failed[:FEW_PROBLEMS]])
        await campaign_snapshots.finish(
            session, campaign["id"], {**result, "canary_until": canary_until}
        )
        move = CampaignMove.FOUND_INVALID if fatal else CampaignMove.VALIDATED
        reason = fatal[0]["code"] if fatal else ""
        detail = {"people": snapshot.people, "suppressed": snapshot.suppressed}
        return await campaigns.move(session, locked, move, By(), reason=reason, detail=detail)

    def _size_problems(self, snapshot: Snapshot) -> list[Problem]:
        if not snapshot.people:
            return [_problem("audience_empty", "audience", "nobody is in the audience")]
        if snapshot.suppressed == snapshot.people:
            detail = f"all {snapshot.people} contacts are suppressed"
            return [_problem("everyone_suppressed", "audience", detail)]
        if snapshot.people > self.limits.most_people:
            detail = f"{snapshot.people} people; at most {self.limits.most_people}"
            return [_problem("audience_too_large", "audience", detail)]
        return []

    def _result(self, campaign: Row, snapshot: Snapshot, problems: list[Problem]) -> Row:
        bound = {name: campaign[name] for name in BOUND if name != "audience"}
        hashed = {**bound, "audience": snapshot.digest, "id": campaign["id"],
                  "people": snapshot.people, "revision": campaign["revision"]}  # fmt: skip
        return {
            "audience_id": snapshot.audience_id if snapshot.people else None,
            "people": snapshot.people,
            "duplicates": snapshot.rows - snapshot.people,
            "problems": campaigns.encode(problems),
            "hash": content_hash(hashed),
            "approvals_needed": 2 if snapshot.people > self.limits.two_approvers_above else 1,
        }

    async def _canary_until(
        self, session: Session, campaign: Row, snapshot: Snapshot
    ) -> int | None:
        """The line up to which the first ones are, counted by those who will be told."""
        if not campaign["canary"]:
            return None
        told = snapshot.people - snapshot.suppressed
        share = int(told * campaign["canary"]["percent"] / 100)
        return await campaign_snapshots.line_of(session, campaign["id"], max(CANARY_LEAST, share))


def rule_problems(campaign: Row, facts: Row) -> list[Problem]:
    """What a campaign may not be, whoever is in its audience."""
    problems = []
    if facts["priority"] == "high":
        detail = f"{facts['category']} is for single notifications, not for campaigns"
        problems.append(_problem("category_not_bulk", "category", detail))
    if not facts["has_account"]:
        detail = f"no vendor account for {campaign['channel']}: tidings vendors add"
        problems.append(_problem("no_account", "channel", detail))
    if campaign["off_hours"] and facts["off_hours_from"] == facts["off_hours_to"]:
        detail = "the application's off-hours window never opens"
        problems.append(_problem("window_never_opens", "off_hours", detail))
    if facts["template_archived_at"]:
        problems.append(_problem("template_archived", "template", "the template was deleted"))
    if campaign["channel"] not in (campaign["content"] or facts["version"] or {}):
        detail = f"the content has no {campaign['channel']} part"
        problems.append(_problem("no_content", "content", detail))
    return problems


def render_problems(campaign: Row, facts: Row, rows: Any) -> list[Problem]:
    """Those of the sample that cannot be rendered, by line: they will be refused, one by one."""
    content: Mapping[str, Any] = campaign["content"] or facts["version"] or {}
    problems: list[Problem] = []
    for row in rows:
        name = {"name": row["name"]} if row["name"] else {}
        data = {**campaign["data"], **name, **row["data"]}
        try:
            contents.render(content, Channel(campaign["channel"]), row["locale"], data)
        except TidingsError as error:
            problem = _problem(error.reason, error.field or "content", str(error))
            problems.append(problem | {"line": row["line"]})
    return problems


def _problem(code: str, field: str, detail: str) -> Problem:
    return {"code": code, "field": field, "detail": detail[:300]}
