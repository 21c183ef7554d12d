"""How faults are ordered and what arrived is asked for: `/_sandbox/…` of the HTTP port, JSON."""

from dataclasses import asdict
from typing import Any, Literal

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from deploy.local.sandbox.calls import Answer
from deploy.local.sandbox.desk import Desk
from deploy.local.sandbox.faults import Fault, Rule
from deploy.local.sandbox.smtp import AT_MAIL

LIMIT = 100
LIMIT_MAX = 1000


class RuleOrder(BaseModel):
    """The body of `POST /_sandbox/faults`."""

    model_config = ConfigDict(extra="forbid")

    vendor: Literal["smtp", "twilio", "telegram", "sendgrid", "webhook"]
    fault: Fault
    times: int | None = Field(None, ge=1, description="null: until removed")
    seconds: float | None = Field(None, ge=0, le=3600, description="slow: the delay; else its life")
    account: str | None = None
    to: str | None = Field(None, description="exactly this recipient")
    probability: float = Field(1.0, gt=0, le=1)

    @model_validator(mode="after")
    def recipient_is_known(self) -> "RuleOrder":
        """At MAIL and AUTH no recipient has been named yet."""
        if self.vendor == "smtp" and self.fault in AT_MAIL and self.to is not None:
            raise ValueError(f"SMTP answers {self.fault} before it knows a recipient")
        return self


class Control:
    """The handlers, on one desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        return [
            web.post("/_sandbox/faults", self.add),
            web.get("/_sandbox/faults", self.show),
            web.delete("/_sandbox/faults", self.clear),
            web.delete("/_sandbox/faults/{id}", self.remove),
            web.get("/_sandbox/messages", self.messages),
            web.get("/_sandbox/stats", self.stats),
            web.get("/_sandbox/health", self.health),
        ]

    async def add(self, request: web.Request) -> web.Response:
        """Put a rule in force: 201 `{"id"}`, or 400 with what is wrong."""
        try:
            order = RuleOrder.model_validate_json(await request.read())
        except ValidationError as error:
            problems = orjson.loads(error.json(include_url=False, include_context=False))
            return Answer(400, {"errors": problems}).response()
        return Answer(201, {"id": self.desk.faults.add(Rule(**order.model_dump()))}).response()

    async def show(self, request: web.Request) -> web.Response:
        """The rules in force; `applied` counts how often each has struck."""
        self.desk.faults.prune()
        return Answer(
            200, {"faults": [shown(r) for r in self.desk.faults.rules.values()]}
        ).response()

    async def clear(self, request: web.Request) -> web.Response:
        """Remove all rules."""
        self.desk.faults.rules.clear()
        return Answer(204).response()

    async def remove(self, request: web.Request) -> web.Response:
        """Remove one rule; one that is gone already is no error."""
        id = request.match_info["id"]
        if id.isdecimal():
            self.desk.faults.rules.pop(int(id), None)
        return Answer(204).response()

    async def messages(self, request: web.Request) -> web.Response:
        """The recent effects after number `after`, oldest first.

        `after` of the answer continues; `oldest` is the first number that is still remembered.
        """
        query = request.query
        index = self.desk.journal.index
        after, limit = number(query, "after", 0), min(number(query, "limit", LIMIT), LIMIT_MAX)
        found = list(index.find(query.get("to", ""), query.get("vendor", ""), after))[:limit]
        body = {
            "messages": found,
            "after": found[-1].n if found else after,
            "oldest": index.recent[0].n if index.recent else None,
        }
        return Answer(200, body).response()

    async def stats(self, request: web.Request) -> web.Response:
        """Effects since the journal began; refusals and messages at fault since the process did."""
        applied: dict[str, dict[str, int]] = {}
        for (vendor, fault), times in self.desk.faults.applied.items():
            applied.setdefault(vendor, {})[fault.value] = times
        effects = self.desk.journal.index.counts
        body = {
            "effects": {"total": effects.total(), **effects},
            "refusals": {"total": self.desk.refusals.total(), **self.desk.refusals},
            "faults": applied,
        }
        return Answer(200, body).response()

    async def health(self, request: web.Request) -> web.Response:
        """It answers."""
        return Answer(200, {"status": "ok"}).response()


def shown(rule: Rule) -> dict[str, Any]:
    """A rule as JSON; its clock is nobody's business."""
    return {name: value for name, value in asdict(rule).items() if name != "since"}


def number(query: Any, name: str, default: int) -> int:
    """A number of the query, or the default if it is none."""
    value = query.get(name, "")
    return int(value) if value.isdecimal() else default
