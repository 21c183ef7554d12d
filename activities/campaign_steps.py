"""The short activities of a campaign: its next step, and an approval that came as a signal."""

from uuid import UUID

from temporalio import activity

from models import approval_code
from models.campaign_steps import ApprovalAsked, Step
from models.repositories import audit_log, campaign_approvals, campaign_steps, campaigns
from models.repositories.audit_log import Actor, Entry
from models.repositories.campaign_approvals import Answer, Decision
from models.repositories.campaigns import By, Row
from models.repositories.outcomes import storable
from models.sessions import Sessions


class CampaignActivities:
    """Holds the database, and the keys that approval codes are made with."""

    def __init__(self, sessions: Sessions, secret_keys: str) -> None:
        self.sessions = sessions
        self._secret_keys = secret_keys

    @activity.defn
    async def campaign_step(self, campaign_id: UUID) -> Step:
        """Idempotent: what time has moved is moved once."""
        async with self.sessions.begin() as session:
            return await campaign_steps.step(session, campaign_id)

    @activity.defn
    async def approve_campaign(self, asked: ApprovalAsked) -> str:
        """Empty: it counts; else why not. Idempotent: one approval an approver and hash."""
        async with self.sessions.begin() as session:
            campaign = await campaigns.locked_by_id(session, asked.owner_id)
            if campaign is None:
                return "gone"
            # Whoever reaches the UI may send what cannot be stored: it must not be tried for ever.
            by, hash = By(storable(asked.approver, 200)), campaign["content_hash"] or ""
            if not self._is_valid(asked, hash, by.owner):
                answer = await campaign_approvals.refuse(
                    session, campaign, by, "code_invalid", "no code of this approver", "signal"
                )
            else:
                decision = Decision(hash, by, via="signal")
                answer = await campaign_approvals.approve(session, campaign, decision)
            await audit_log.append(session, _entry(campaign, by, answer))
        return answer.refused

    def _is_valid(self, asked: ApprovalAsked, hash: str, approver: str) -> bool:
        known = self._secret_keys, asked.owner_id, hash, approver
        return bool(hash) and approval_code.is_valid(asked.code, *known)


def _entry(campaign: Row, by: By, answer: Answer) -> Entry:
    """By whom the signal names: who that was, only a code that is valid tells."""
    detail = {"via": "signal", **({"refused": answer.refused} if answer.refused else {})}
    id, application_id = str(campaign["id"]), campaign["application_id"]
    actor = Actor("system" if answer.refused == "code_invalid" else "key", None, by.owner)
    return Entry(actor, "campaign.approve", "campaign", id, application_id, detail)
