"""Health: liveness is the event loop alone; readiness: could a request be accepted?"""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.readiness import ReadyView

router = APIRouter(tags=["health"])

ALIVE: dict[int | str, Any] = {
    200: {"content": {"application/json": {"example": {"status": "ok"}}}}
}


@router.get("/health/live", responses=ALIVE)
async def live() -> dict[str, str]:
    """Does the process answer?"""
    return {"status": "ok"}


@router.get("/health/ready")
async def ready(request: Request, response: Response) -> ReadyView:
    """Can notifications be accepted? 503 if PostgreSQL is away or too old for this build."""
    view: ReadyView = await request.app.state.readiness.view()
    if view.status == "unavailable":
        response.status_code = 503
    return view
