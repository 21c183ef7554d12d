"""Deliver a shard of a campaign: one pass after the other, until nothing of it is due now."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from temporalio import activity
from uuid_utils.compat import uuid7

from activities import metrics
from activities.accounts import OpenAccount
from activities.campaign_stream import Desk, Ends, Stream
from activities.deliver import DeliverActivities
from activities.pace import beating, stopping, time_is_left, to_the_end, until_written
from activities.render import message
from activities.window import note_health
from models.campaign_steps import Delivered, Shard
from models.decision import DeliverInput
from models.errors import Misconfigured
from models.messages import RELEASED, Channel, Message
from models.rendering import content as contents
from models.rendering.content import Prepared
from models.repositories import (
    accounts,
    campaign_messages,
    campaign_permits,
    campaign_sweeps,
    rates,
)
from models.repositories.accounts import Account
from models.repositories.campaign_messages import Picked
from models.repositories.campaign_permits import Sendable
from models.repositories.campaign_sweeps import Look
from models.repositories.templates import Content
from models.selection import Selection

PRIORITY = "low"
WITHOUT_ACCOUNT = timedelta(seconds=30)
SOON = timedelta(seconds=1)
LOOK_SECONDS = 0.05


class CampaignDeliverActivities:
    """Holds what `deliver` holds: one pipeline, with another inner loop."""

    def __init__(self, deliver: DeliverActivities) -> None:
        self.deliver = deliver
        self.sessions = deliver.sessions

    @activity.defn
    async def deliver_campaign(self, shard: Shard) -> Delivered:
        """Idempotent by message and attempt: only what is queued is claimed, so never twice."""
        counts: Counter[str] = Counter()
        async with beating():
            while time_is_left() and not stopping():
                async with self.sessions.singly() as session:
                    counts.update(await campaign_sweeps.sweep(session, shard))
                    told = await campaign_permits.sendable(session, shard.owner_id)
                    look = await campaign_sweeps.look(session, shard)
                closed = shard.closes_at is not None and datetime.now(UTC) >= shard.closes_at
                if closed or not look.open or not (told.sendable or look.doubts):
                    return Delivered(dict(counts))
                at = await self._round(shard, told, look, counts)
                if at is not None:
                    return Delivered(dict(counts), max(at, datetime.now(UTC) + SOON))
        return Delivered(dict(counts), datetime.now(UTC))

    async def _round(
        self, shard: Shard, told: Sendable, look: Look, counts: Counter[str]
    ) -> datetime | None:
        """Settle, or send what is due. A time: nothing can be done before it."""
        if look.doubts:
            which = Selection(shard.owner_id, shard.channel, shard.first, shard.last)
            await self.deliver.settle(DeliverInput(which, PRIORITY, str(shard.application_id)))
            return None
        if look.at and look.at > datetime.now(UTC):
            return look.at
        chosen = await self._account(shard, look.pinned)
        if isinstance(chosen, datetime):
            return chosen
        account, opened = chosen
        work = await self._pass(shard, told, account, opened)
        counts += await to_the_end(work.run())
        return None

    async def _account(
        self, shard: Shard, pinned: UUID | None
    ) -> tuple[Account, OpenAccount] | datetime:
        """The account in order; or when there may be one."""
        which = Selection(shard.owner_id, shard.channel, shard.first, shard.last)
        async with self.sessions.singly() as session:
            account = await accounts.choose(session, which, pinned)
            if account is None:
                return datetime.now(UTC) + WITHOUT_ACCOUNT
            if account.closed_until:
                return account.closed_until
            try:
                return account, await self.deliver.open_accounts.get(account)
            except Misconfigured as error:
                await accounts.close(session, account.id, error.reason, None)
                return datetime.now(UTC)

    async def _pass(
        self, shard: Shard, told: Sendable, account: Account, opened: OpenAccount
    ) -> "Pass":
        versions: Mapping[UUID, Content] = {}
        if told.template_version_id:
            async with self.sessions.singly() as session:
                load = self.deliver.windows.versions.load
                versions = await load(session, {told.template_version_id})
        return Pass(self, shard, told, (account, opened), versions)


class Pass:
    """One stream through one account: its cursor, its token, its permits."""

    def __init__(
        self,
        activities: CampaignDeliverActivities,
        shard: Shard,
        told: Sendable,
        through: tuple[Account, OpenAccount],
        versions: Mapping[UUID, Content],
    ) -> None:
        self.sessions = activities.sessions
        self.shard = shard
        self.told = told
        self.account, self.opened = through
        self.versions = versions
        self.token = uuid7()
        self.after = shard.first - 1
        self._over = False
        self._looked_at = 0.0
        self._owner = f"{shard.owner_id}."
        self._channel = Channel(shard.channel)
        self._prepared: dict[str, Prepared] = {}  # by locale, of what the campaign says now
        # Of an account with a rate: whose permit a message has; what is left of each grant.
        self._grants: dict[int, UUID] = {}
        self._permits: dict[UUID, Counter[str]] = {}

    async def run(self) -> Counter[str]:
        """What became of what was due; whatever happens, nothing claimed is left behind."""
        desk = Desk(self.claim, self.record, self.sendable, self.render, self.stopping)
        stream = Stream(self.opened, desk)
        try:
            await stream.run()
        finally:
            await until_written(self._release)
        return stream.counts

    def stopping(self) -> bool:
        """Shall no further call be made? Asked for every message, looked at now and then."""
        now = time.monotonic()
        if now > self._looked_at + LOOK_SECONDS:
            self._looked_at = now
            closes_at = self.shard.closes_at
            closed = closes_at is not None and datetime.now(UTC) >= closes_at
            self._over = closed or stopping() or not time_is_left()
        return self._over

    async def claim(self, size: int) -> tuple[Sequence[Picked], timedelta]:
        """The next window, as far as the rates of campaign and account allow."""
        grant_id: UUID | None = None
        if self.told.rated:
            async with self.sessions.singly() as session:
                size, wait = await campaign_permits.grant(session, self.shard, self.after, size)
            if not size:
                return (), wait
        if self.account.rated:
            grant_id = uuid7()
            async with self.sessions.begin() as session:
                grant = partial(rates.grant, session, self.account.id, grant_id)
                size, wait = await grant(size, PRIORITY)
            if not size:
                return (), wait
            self._permits[grant_id] = Counter()  # given back at the end, should the claim fail
        async with self.sessions.singly() as session:
            picked = await campaign_messages.claim(
                session, self.shard, self.after, self.account.id, self.token, size
            )
        if grant_id:
            self._permits[grant_id] = Counter(left=len(picked))
            self._grants |= dict.fromkeys((each.seq for each in picked), grant_id)
            if not picked:
                await self._give_back(grant_id)
        if picked:
            self.after = picked[-1].seq
        return picked, timedelta()

    async def record(self, ends: Ends) -> bool:
        """Each statement may be repeated. Is the account still in order?"""
        record = partial(campaign_messages.record, shard=self.shard, token=self.token)
        async with self.sessions.singly() as session:
            await record(session, account_id=self.account.id, ends=ends)
            noted = await note_health(session, self.account, [end for _, end in ends])
        for picked, outcome in ends:
            if grant_id := self._grants.pop(picked.seq, None):
                self._permits[grant_id] += Counter(used=outcome is not RELEASED)
                self._permits[grant_id]["left"] -= 1
                if not self._permits[grant_id]["left"]:
                    await self._give_back(grant_id)
        metrics.count(self.account, [outcome for _, outcome in ends])  # once: all is written
        return not noted

    async def _give_back(self, grant_id: UUID) -> None:
        used = self._permits.pop(grant_id)["used"]
        async with self.sessions.singly() as session:
            await rates.give_back(session, self.account.id, grant_id, used)

    async def sendable(self) -> bool:
        """Still approved as it is, and running, through the account as it is? Has it a rate now?"""
        async with self.sessions.singly() as session:
            self.told = await campaign_permits.sendable(session, self.shard.owner_id)
            self._prepared.clear()
            return self.told.sendable and await accounts.stands(session, self.account)

    def render(self, picked: Picked) -> Message:
        """The message, with what the campaign says to everybody and what the row says to one."""
        name = {"name": picked.name} if picked.name else {}
        data: Mapping[str, Any] = {**self.told.data, **name, **picked.data}
        prepared = self._prepared.get(picked.locale) or self._prepare(picked.locale)
        id = f"{self._owner}{picked.seq}"
        key = campaign_messages.request_key(self._owner, picked)
        return message(id, self._channel, picked.address, prepared.render(data), key)

    def _prepare(self, locale: str) -> Prepared:
        version = self.told.template_version_id
        content = self.told.content if version is None else self.versions[version]
        prepared = contents.prepare(content or {}, self._channel, locale)
        self._prepared[locale] = prepared
        return prepared

    async def _release(self) -> None:
        async with self.sessions.singly() as session:
            await campaign_messages.release(session, self.shard, self.token)
        for grant_id in list(self._permits):  # of what was never handed over
            await self._give_back(grant_id)
