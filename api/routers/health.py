"""Health: liveness is the event loop alone; readiness: could a request be accepted?"""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy import text

from models import migrate
from models.database import is_away
from models.repositories import partitions

router = APIRouter(tags=["health"])

# Migrations only ever go up, and the next one keeps what this build needs.
REVISION = text("SELECT version_num FROM alembic_version")
ENOUGH_DAYS = 2
ALIVE: dict[int | str, Any] = {
    200: {"content": {"application/json": {"example": {"status": "ok"}}}}
}


class ReadyView(BaseModel):
    """Each part in a word. Temporal is not among them: acceptance does not need it."""

    status: Literal["ready", "warning", "unavailable"]
    database: Literal["ok", "away", "not_migrated"]
    partitions: int | None = None


@router.get("/health/live", responses=ALIVE)
async def live() -> dict[str, str]:
    """Does the process answer?"""
    return {"status": "ok"}


@router.get("/health/ready")
async def ready(request: Request, response: Response) -> ReadyView:
    """Can notifications be accepted? 503 if PostgreSQL is away or too old for this build."""
    try:
        async with request.app.state.sessions.begin() as session:
            revision = (await session.execute(REVISION)).scalar_one_or_none() or ""
            days = await partitions.days_ahead(session)
    except Exception as error:  # noqa: BLE001 - asked what kind of error it is, and told
        response.status_code = 503
        kind: Literal["away", "not_migrated"] = "away" if is_away(error) else "not_migrated"
        return ReadyView(status="unavailable", database=kind)
    if revision < migrate.head():
        response.status_code = 503
        return ReadyView(status="unavailable", database="not_migrated")
    status: Literal["ready", "warning"] = "ready" if days >= ENOUGH_DAYS else "warning"
    return ReadyView(status=status, database="ok", partitions=days)
