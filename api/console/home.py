"""The first page: what needs attention."""

from fastapi import Response

from api.console.routes import pages
from api.console.visits import Reader
from api.deps import Session
from models.repositories import attention, campaign_approvals
from models.roles import Permission

router = pages()


@router.get("/")
async def home(visit: Reader, session: Session) -> Response:
    """For the member who looks, in the application they look at."""
    if visit.application is None:
        return visit.render("home/nothing.html")
    here = visit.console.clock().astimezone(visit.zone)
    today = here.replace(hour=0, minute=0, second=0, microsecond=0)
    found = await attention.of(session, visit.application_id, today)
    waiting = []
    if visit.may(Permission.APPROVE):
        waiting = await campaign_approvals.waiting(session, visit.application_id, visit.by.owner)
    return visit.render(
        "home/home.html",
        found=found,
        waiting=waiting,
        today=today,
        most=attention.MOST_COUNTED,
    )
