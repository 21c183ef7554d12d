"""The audit log of the caller's application: who did what, and what changed."""

from dataclasses import replace

from fastapi import APIRouter

from api.audit_filters import AuditFilters
from api.audit_views import AuditPage, entry_view
from api.deps import AuditReader, Session
from api.json_route import JsonRoute
from api.pages import Page
from models.repositories import audit_entries

router = APIRouter(prefix="/v1/audit-log", tags=["audit log"], route_class=JsonRoute)


@router.get("")
async def list_audit_entries(
    caller: AuditReader, session: Session, page: Page, filters: AuditFilters
) -> AuditPage:
    """List them, the newest first. What concerns the whole platform is the staff's to read."""
    own = replace(filters, application_id=caller.application_id)
    before = int(page.after[0]) if page.after else None
    rows = await audit_entries.page(session, own, before, page.fetch)
    items, following = page.cut(rows, lambda row: [str(row["number"])])
    return AuditPage(items=[entry_view(row) for row in items], next=following)
