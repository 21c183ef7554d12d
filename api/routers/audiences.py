"""Audiences: made, uploaded in one go or in parts, and read."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from uuid_utils.compat import uuid7

from api.audience_intake import MOST_BYTES, Upload, upload
from api.audience_views import (
    AudienceCreate,
    AudienceDetailView,
    AudienceSampleView,
    RefusalsView,
    audience_view,
    refusals_view,
    sample_view,
)
from api.deps import Begin, CampaignReader, CampaignWriter, Session
from api.idempotency import IdempotencyKey, answered, fingerprint_of, scope_of
from api.json_route import JsonRoute
from models.repositories import audiences, idempotency
from models.repositories.audiences import NewAudience
from models.repositories.idempotency import Answer

router = APIRouter(prefix="/v1/audiences", tags=["audiences"], route_class=JsonRoute)

CSV = "to,name,data.order\nada@example.com,Ada,4711\n"
NDJSON = '{"to": "ada@example.com", "name": "Ada", "data": {"order": 4711}}\n'
FILE = {"type": "string", "format": "binary"}
CONTENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": FILE, "example": CSV},
            "application/x-ndjson": {"schema": FILE, "example": NDJSON},
        },
    }
}
UploadOffset = Annotated[
    int,
    Header(
        alias="Upload-Offset",
        ge=0,
        le=MOST_BYTES,
        examples=[0],
        description="where this body goes on: the audience's `offset`",
    ),
]
UploadComplete = Annotated[
    Literal["?0", "?1"],
    Header(
        alias="Upload-Complete",
        examples=["?0"],
        description="?0: more follows, and a line that has only begun is not stored",
    ),
]
After = Annotated[int, Query(ge=0, le=2**31 - 1, examples=[0], description="a line")]
Limit = Annotated[int, Query(ge=1, le=1000, examples=[100])]
Size = Annotated[int, Query(ge=1, le=100, examples=[10])]


@router.post("", status_code=201, response_model=AudienceDetailView)
async def create_audience(
    body: AudienceCreate,
    caller: CampaignWriter,
    session: Session,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Make an audience, to be uploaded."""
    scope = scope_of(caller.application_id, "audiences", idempotency_key)
    fingerprint = fingerprint_of(body.model_dump(mode="json"))
    if scope and (answer := await idempotency.begin(session, scope, fingerprint)):
        return answered(answer, replayed=True)
    new = NewAudience(
        id=uuid7(),
        application_id=caller.application_id,
        channel=body.channel,
        format=body.format,
        name=body.name,
        created_by=caller.owner,
    )
    await audiences.create(session, new)
    view = audience_view(await audiences.get(session, caller.application_id, new.id))
    answer = Answer(201, view.model_dump_json().encode())
    if scope:
        await idempotency.finish(session, scope, fingerprint, answer)
    return answered(answer)


@router.get("/{audience_id}")
async def get_audience(
    audience_id: UUID, caller: CampaignReader, session: Session
) -> AudienceDetailView:
    """Read one: how far its upload is, and what was refused."""
    return audience_view(await audiences.get(session, caller.application_id, audience_id))


@router.put("/{audience_id}/content", openapi_extra=CONTENT)
async def upload_content(
    audience_id: UUID,
    request: Request,
    caller: CampaignWriter,
    begin: Begin,
    upload_offset: UploadOffset = 0,
    upload_complete: UploadComplete = "?1",
) -> AudienceDetailView:
    """Upload a CSV or NDJSON, whole or in parts: 1,000,000 rows or 1 GiB at most.

    Rows are stored while they arrive; bad ones are refused by their lines, and hold up no others.
    What was cut off goes on from `offset`.
    """
    complete = upload_complete == "?1"
    asked = Upload(caller.application_id, audience_id, caller.owner, upload_offset, complete)
    return audience_view(await upload(request, begin, asked))


@router.get("/{audience_id}/refusals")
async def list_refusals(
    audience_id: UUID,
    caller: CampaignReader,
    session: Session,
    after: After = 0,
    limit: Limit = 100,
) -> RefusalsView:
    """List what was refused, by line: the first 10,000 of an audience are kept."""
    await audiences.get(session, caller.application_id, audience_id)
    rows = await audiences.refusals(session, audience_id, after, limit + 1)
    return refusals_view(rows, limit)


@router.get("/{audience_id}/sample")
async def sample_audience(
    audience_id: UUID, caller: CampaignReader, session: Session, size: Size = 10
) -> AudienceSampleView:
    """Show some of its rows, from the first to the last, as they are stored."""
    await audiences.get(session, caller.application_id, audience_id)
    return sample_view(await audiences.sample(session, audience_id, size))
