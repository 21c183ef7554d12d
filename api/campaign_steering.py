"""What moves a campaign on, for the API and the console. PostgreSQL decides; then a wake."""

from dataclasses import dataclass
from uuid import UUID

from api.deps import after_commit
from api.starter import Starter
from models import approval_code
from models.campaign import CampaignMove, CampaignStatus
from models.repositories import campaign_approvals, campaign_books, campaigns
from models.repositories.campaign_approvals import Answer, Decision
from models.repositories.campaign_books import Stopped
from models.repositories.campaigns import By, Row
from models.sessions import Session
from models.workflow_start import WorkflowStart


@dataclass(frozen=True, slots=True)
class Steering:
    """One campaign in somebody's hands, for the transaction of one request."""

    session: Session
    starts: Starter
    application_id: UUID
    id: UUID
    by: By
    via: str = "api"

    async def submit(self) -> Row:
        """Count the audience, check the rules, and wait for approval."""
        locked = await self._lock()
        await campaigns.move(self.session, locked, CampaignMove.SUBMITTED, self.by)
        await campaigns.wants_workflow(self.session, self.id)
        row = await self.read()
        start = WorkflowStart(
            owner_id=self.id,
            application_id=self.application_id,
            priority="low",
            due_at=row["submitted_at"],
            kind="campaign",
            category=str(row["category_id"]),
            channels=(row["channel"],),
        )
        after_commit(self.session, lambda: self.starts.offer(start))
        return row

    async def approve(self, hash: str) -> Answer:
        """One approval, or why it does not count."""
        locked = await self._lock()
        decision = Decision(hash, self.by, self.via)
        answer = await campaign_approvals.approve(self.session, locked, decision)
        return self._decided(answer)

    async def reject(self, hash: str, reason: str) -> Answer:
        """One rejection, or why it does not count."""
        locked = await self._lock()
        decision = Decision(hash, self.by, self.via)
        answer = await campaign_approvals.reject(self.session, locked, decision, reason)
        return self._decided(answer)

    async def approval_code(self, hash: str, secret_keys: str) -> tuple[Answer, str]:
        """A code for a signal from elsewhere, for this approver and hash; or why there is none."""
        locked = await self._lock()
        answer = await campaign_approvals.may_decide(self.session, locked, hash, self.by)
        if answer.refused:
            code, detail = answer.refused, answer.detail
            await campaign_approvals.refuse(self.session, locked, self.by, code, detail, "code")
            return answer, ""
        await campaigns.note(self.session, self.id, "approval_code_given", self.by)
        return answer, approval_code.code(secret_keys, self.id, hash, self.by.owner)

    async def move(self, what: CampaignMove) -> None:
        """Pause or resume it."""
        await campaigns.move(self.session, await self._lock(), what, self.by)
        self._wake()

    async def change_rate(self, per_second: float | None) -> None:
        """None: as many as the account allows."""
        changes = {"per_second": per_second}
        await campaigns.edit(self.session, await self._lock(), changes, self.by)
        self._wake()

    async def cancel(self) -> Stopped:
        """Stop it for good: how many were stopped, how many had gone, how many are in doubt.

        Again changes nothing: whoever has lost the answer asks for it.
        """
        locked = await self._lock()
        if locked["status"] == CampaignStatus.CANCELLED:
            return await campaign_books.stopped(self.session, self.id)
        await campaigns.move(self.session, locked, CampaignMove.CANCELLED, self.by)
        found = await campaign_books.stop(self.session, self.id)
        self._wake()
        return found

    async def read(self) -> Row:
        """As it is now."""
        return await campaigns.get(self.session, self.application_id, self.id)

    async def _lock(self) -> Row:
        return await campaigns.lock(self.session, self.application_id, self.id)

    def _decided(self, answer: Answer) -> Answer:
        if not answer.refused:
            self._wake()
        return answer

    def _wake(self) -> None:
        after_commit(self.session, lambda: self.starts.wake(f"campaign/{self.id}"))
