"""Batches: up to 1,000 notifications in one call, each with its own result."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from uuid_utils.compat import uuid7

from api import errors
from api.bodies import EXAMPLE, ITEM_EXAMPLE, BatchItem, Body, wanted
from api.deps import RefusedItems, Sender, Session, Starts, Versions, after_commit
from api.idempotency import IdempotencyKey, answered, fingerprint_of, scope_of
from api.json_route import BatchRoute
from models.acceptance import Accepted, Request, accept
from models.errors import KeyReused, TidingsError
from models.repositories import acceptances, idempotency, references
from models.repositories.acceptances import Deduped, New
from models.repositories.api_keys import Caller
from models.repositories.idempotency import Answer
from models.repositories.templates import VersionCache

router = APIRouter(prefix="/v1/notifications", tags=["notifications"], route_class=BatchRoute)

MOST = 1000
BREATHE_EVERY = 25  # items checked before other requests get their turn


class BatchCreate(Body):
    """The items; each is checked by itself, so a bad one does not hold up the others."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [ITEM_EXAMPLE, EXAMPLE]}]})

    items: Annotated[list[JsonValue], Field(min_length=1, max_length=MOST)]


class ItemView(BaseModel):
    """What became of one item. `duplicate`: its dedupe key was accepted before, as `id`."""

    index: int
    status: Literal["accepted", "duplicate", "refused"]
    id: UUID | None = None
    problem: dict[str, Any] | None = None


class BatchView(BaseModel):
    """Counts, the owners by priority (each is one workflow `batch/<id>`), and every item."""

    accepted: int
    duplicates: int
    refused: int
    batches: dict[str, UUID]
    items: list[ItemView]


@dataclass(slots=True)
class _Item:
    """One item on its way through."""

    index: int
    body: BatchItem | None = None
    request: Request | None = None
    accepted: Accepted | None = None
    id: UUID | None = None
    fingerprint: bytes = b""
    duplicate_of: UUID | None = None
    problem: dict[str, Any] | None = None

    @property
    def key(self) -> str | None:
        return self.body.dedupe_key if self.body else None

    def view(self) -> ItemView:
        if self.problem:
            return ItemView(index=self.index, status="refused", problem=self.problem)
        status: Literal["accepted", "duplicate"] = "duplicate" if self.duplicate_of else "accepted"
        return ItemView(index=self.index, status=status, id=self.duplicate_of or self.id)


@router.post("/batch", status_code=202, response_model=BatchView, response_model_exclude_none=True)
async def create_batch(
    body: BatchCreate,
    caller: Sender,
    session: Session,
    refused: RefusedItems,
    starts: Starts,
    versions: Versions,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Accept up to 1,000 notifications: one workflow for each priority among them."""
    scope = scope_of(caller.application_id, "batches", idempotency_key)
    fingerprint = fingerprint_of(body.items)
    if scope and (answer := await idempotency.begin(session, scope, fingerprint)):
        return answered(answer, replayed=True)
    items = await _parsed(body.items, refused)
    await _check(session, items, caller, versions)
    await _dedupe(session, caller.application_id, items)
    fresh = [item for item in items if not item.problem and not item.duplicate_of]
    owners = {p: uuid7() for p in sorted({i.accepted.priority for i in fresh if i.accepted})}
    news = [
        New(item.id, owners[item.accepted.priority], item.accepted)
        for item in fresh
        if item.id and item.accepted
    ]
    if news:
        times = await acceptances.write(session, caller.application_id, news, kind="batch")
        for owner_id in owners.values():
            own = [new for new in news if new.owner_id == owner_id]
            due_at = min(times[new.id].due_at for new in own)
            start = acceptances.start_of(caller.application_id, owner_id, own, due_at, kind="batch")
            after_commit(session, partial(starts.offer, start))
    answer = Answer(202, _view(items, owners).model_dump_json(exclude_none=True).encode())
    if scope:
        await idempotency.finish(session, scope, fingerprint, answer)
    return answered(answer)


async def _parsed(raw: Sequence[Any], refused: Mapping[int, TidingsError]) -> list[_Item]:
    """Every item by itself; those that cannot be stored have their problem already."""
    items = [_Item(index) for index in range(len(raw))]
    for item in items:
        if error := refused.get(item.index):
            item.problem = errors.of(error)
        else:
            _parse(item, raw[item.index])
        if item.index % BREATHE_EVERY == 0:
            await asyncio.sleep(0)
    return items


async def _check(
    session: Session, items: Sequence[_Item], caller: Caller, versions: VersionCache
) -> None:
    requests = [item.request for item in items if item.request]
    found = await references.load(session, caller.application_id, wanted(requests))
    contents = await versions.load(session, [t.version_id for t in found.templates.values()])
    may_raise = "priority:raise" in caller.scopes
    for item in items:
        if item.request:
            try:
                item.accepted = accept(item.request, found, contents, may_raise_priority=may_raise)
                item.id = uuid7()
            except TidingsError as error:
                item.problem = errors.of(error)
        if item.index % BREATHE_EVERY == 0:
            await asyncio.sleep(0)


def _parse(item: _Item, raw: Any) -> None:
    try:
        item.body = BatchItem.model_validate(raw)
        item.request = item.body.request()
        if item.key:
            item.fingerprint = fingerprint_of(item.body.model_dump(mode="json"))
    except ValidationError as error:
        first = errors.first_problem(list(error.errors(include_url=False)))
        item.problem = errors.problem_body(422, **first)
    except TidingsError as error:
        item.problem = errors.of(error)


async def _dedupe(session: Session, application_id: UUID, items: list[_Item]) -> None:
    """Mark the items whose key was accepted before: in this batch, or in the last seven days."""
    keyed = [item for item in items if item.key and not item.problem]
    firsts: dict[str, Deduped] = {}
    for item in keyed:
        if item.key and item.id:
            firsts.setdefault(item.key, Deduped(item.id, item.fingerprint))
    taken = await acceptances.deduped(session, application_id, list(firsts))
    free = {key: first for key, first in sorted(firsts.items()) if key not in taken}
    ours = await acceptances.dedupe(session, application_id, free)
    if lost := [key for key in free if key not in ours]:  # somebody was faster
        taken |= await acceptances.deduped(session, application_id, lost)
    for item in keyed:
        before = taken.get(item.key or "") or firsts[item.key or ""]
        if before.notification_id == item.id:
            continue
        if before.fingerprint != item.fingerprint:
            item.problem = errors.of(
                KeyReused("this key belongs to another item", field="dedupe_key")
            )
        else:
            item.duplicate_of = before.notification_id


def _view(items: list[_Item], owners: dict[str, UUID]) -> BatchView:
    views = [item.view() for item in items]
    counts = {status: sum(v.status == status for v in views) for status in ItemStatus}
    return BatchView(
        accepted=counts["accepted"],
        duplicates=counts["duplicate"],
        refused=counts["refused"],
        batches=owners,
        items=views,
    )


ItemStatus = ("accepted", "duplicate", "refused")
