"""What an activity may do next: send so many through this account, settle, wait, or leave."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from activities.accounts import WINDOW, OpenAccount, OpenAccounts
from models.clock import LeaseClock
from models.decision import DeliverInput
from models.errors import Misconfigured
from models.repositories import accounts, messages, rates, sweeps
from models.repositories.accounts import Account
from models.sessions import Session, Sessions

WITHOUT_ACCOUNT = timedelta(seconds=30)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Through:
    """Send `size` through this account. `grant_id`: its permits, which last as long as `clock`."""

    account: Account
    opened: OpenAccount
    size: int
    grant_id: UUID | None = None
    clock: LeaseClock | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What may be done now. Nothing at all: nothing is due."""

    through: Through | None = None
    wait: timedelta | None = None  # then ask again: the account's permits come back
    not_before: datetime | None = None  # nothing can be sent until then
    settle: bool = False  # unknown outcomes come first


class Turns:
    """Asks PostgreSQL what is due, and which account takes it."""

    def __init__(self, sessions: Sessions, open_accounts: OpenAccounts) -> None:
        self.sessions = sessions
        self.open_accounts = open_accounts

    async def usual(self, input: DeliverInput) -> Turn | None:
        """A window through the account in use, if nothing is known against it."""
        account = self.open_accounts.kept(input.application_id, input.which.channel)
        if account is None:
            return None
        opened = await self.open_accounts.get(account)
        return Turn(Through(account, opened, opened.window()))

    async def at_once(self, input: DeliverInput) -> Turn | None:
        """The same for what is new, with one question at most.

        None: the account is not in order, or has a rate; `next` knows what to do then.
        """
        if kept := await self.usual(input):
            return kept
        async with self.sessions.singly() as session:
            account = await accounts.choose(session, input.which)
            if account is None or account.closed_until or account.failures or account.rated:
                return None
            if await self._opened(session, account) is None:
                return None
        self.open_accounts.keep(input.application_id, input.which.channel, account)
        return await self.usual(input)

    async def next(self, input: DeliverInput) -> Turn:
        """Whatever comes next; what time has moved is moved first."""
        async with self.sessions.begin() as session:
            await sweeps.sweep(session, input.which)
            due = await messages.due(session, input.which, limit=WINDOW)
            if due.doubts:
                return Turn(settle=True)
            if not due.claims:
                return Turn()
            pinned, wanted = next(iter(due.claims.items()))
            account = await accounts.choose(session, input.which, pinned)
            if account is None:
                return Turn(not_before=datetime.now(UTC) + WITHOUT_ACCOUNT)
            if account.closed_until:
                return Turn(not_before=account.closed_until)
            opened = await self._opened(session, account)
            if opened is None:
                return Turn(wait=timedelta())
            # An account that has just failed is tried with one message, not with a window.
            size = 1 if account.failures else min(wanted, opened.window())
            if account.rated:
                return await _granted(session, input, account, opened, size)
            if not account.failures:
                self.open_accounts.keep(input.application_id, input.which.channel, account)
            return Turn(Through(account, opened, size))

    async def _opened(self, session: Session, account: Account) -> OpenAccount | None:
        """None: its settings cannot be used. It rests, and the next account takes over."""
        try:
            return await self.open_accounts.get(account)
        except Misconfigured as error:
            log.error("account_misconfigured", account=str(account.id), field=error.field)
            await accounts.close(session, account.id, error.reason, None)
            return None


async def _granted(
    session: Session, input: DeliverInput, account: Account, opened: OpenAccount, size: int
) -> Turn:
    clock, grant_id = LeaseClock(), uuid7()  # the clock first: it ends before the permits return
    size, wait = await rates.grant(session, account.id, grant_id, size, input.priority)
    return Turn(Through(account, opened, size, grant_id, clock)) if size else Turn(wait=wait)
