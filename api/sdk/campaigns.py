"""One message to an audience: made by one person, approved by another."""
# mypy: disable-error-code="empty-body"

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from api.sdk.calls import listing, operation, stream
from api.sdk.resource import D, Resource

if TYPE_CHECKING:
    from api.sdk.models import (
        Approval,
        AudienceView,
        CampaignCreate,
        CampaignPatch,
        CampaignStatus,
        CampaignView,
        CancelView,
        CodeView,
        EventLine,
        Preview,
        PreviewView,
        ProgressView,
        Rate,
        Rejection,
        ReportView,
        TestSend,
        TestSentView,
    )
    from api.sdk.resource import Id


class Campaigns(Resource[D]):
    """From a draft to the books of its end."""

    @operation("POST", "/v1/campaigns")
    def create(
        self, *, idempotency_key: str | None = None, **body: Unpack[CampaignCreate]
    ) -> CampaignView:
        """Make a draft. Nothing is sent before it is submitted and somebody else approves it."""

    @listing("/v1/campaigns")
    def list(
        self,
        *,
        status: CampaignStatus | None = None,
        after: Id | None = None,
        limit: int = 100,
        archived: bool = False,
    ) -> CampaignView:
        """Give all, the newest first."""

    @operation("GET", "/v1/campaigns/{campaign_id}")
    def get(self, campaign_id: Id, /) -> CampaignView:
        """Answer with it as it is now."""

    @operation("PATCH", "/v1/campaigns/{campaign_id}")
    def edit(self, campaign_id: Id, /, **body: Unpack[CampaignPatch]) -> CampaignView:
        """Change what is given. Another content, audience or schedule makes approvals void."""

    @operation("GET", "/v1/campaigns/{campaign_id}/audience")
    def audience(self, campaign_id: Id, /) -> AudienceView:
        """Count whom a submission would reach now."""

    @operation("POST", "/v1/campaigns/{campaign_id}/preview")
    def preview(self, campaign_id: Id, /, **body: Unpack[Preview]) -> PreviewView:
        """Render it for some of the audience."""

    @operation("POST", "/v1/campaigns/{campaign_id}/test")
    def test(self, campaign_id: Id, /, **body: Unpack[TestSend]) -> TestSentView:
        """Send it to yourself first."""

    @operation("POST", "/v1/campaigns/{campaign_id}/submit")
    def submit(self, campaign_id: Id, /) -> CampaignView:
        """Count its audience, check its rules, and let it wait for approval."""

    @operation("POST", "/v1/campaigns/{campaign_id}/approve")
    def approve(self, campaign_id: Id, /, **body: Unpack[Approval]) -> CampaignView:
        """Approve what has this hash."""

    @operation("POST", "/v1/campaigns/{campaign_id}/reject")
    def reject(self, campaign_id: Id, /, **body: Unpack[Rejection]) -> CampaignView:
        """Reject it, and say why."""

    @operation("POST", "/v1/campaigns/{campaign_id}/approval-code")
    def approval_code(self, campaign_id: Id, /, **body: Unpack[Approval]) -> CodeView:
        """Make a one-time code for an approval by a signal."""

    @operation("POST", "/v1/campaigns/{campaign_id}/pause")
    def pause(self, campaign_id: Id, /) -> CampaignView:
        """Send nothing new within two seconds."""

    @operation("POST", "/v1/campaigns/{campaign_id}/resume")
    def resume(self, campaign_id: Id, /) -> CampaignView:
        """Go on where it stopped."""

    @operation("POST", "/v1/campaigns/{campaign_id}/rate")
    def change_rate(self, campaign_id: Id, /, **body: Unpack[Rate]) -> CampaignView:
        """Change how many are sent a second."""

    @operation("POST", "/v1/campaigns/{campaign_id}/cancel", repeatable=True)
    def cancel(self, campaign_id: Id, /) -> CancelView:
        """Stop what was not sent."""

    @operation("POST", "/v1/campaigns/{campaign_id}/retry-failed")
    def retry_failed(
        self, campaign_id: Id, /, *, idempotency_key: str | None = None
    ) -> CampaignView:
        """Make a new draft for those whom it did not reach."""

    @operation("POST", "/v1/campaigns/{campaign_id}/duplicate")
    def duplicate(self, campaign_id: Id, /, *, idempotency_key: str | None = None) -> CampaignView:
        """Make a new draft of the same content and audience."""

    @operation("POST", "/v1/campaigns/{campaign_id}/archive")
    def archive(self, campaign_id: Id, /) -> CampaignView:
        """Leave it out of the lists."""

    @operation("GET", "/v1/campaigns/{campaign_id}/progress")
    def progress(self, campaign_id: Id, /) -> ProgressView:
        """Count by state and reason."""

    @stream("/v1/campaigns/{campaign_id}/progress/stream", "progress")
    def watch(self, campaign_id: Id, /) -> ProgressView:
        """Give its progress whenever it changes, until it has ended."""

    @operation("GET", "/v1/campaigns/{campaign_id}/report")
    def report(self, campaign_id: Id, /) -> ReportView:
        """Say what became of everybody, once it has ended."""

    @listing("/v1/campaigns/{campaign_id}/events")
    def events(self, campaign_id: Id, /, *, after: int = 0, limit: int = 100) -> EventLine:
        """Give its account: who did what, refused approvals too."""
