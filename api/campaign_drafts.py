"""Drafts: from bodies to rows, for making, editing and copying campaigns."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from api.campaign_bodies import Audience, CampaignCreate, CampaignPatch, Canary
from models import campaign_draft
from models.campaign import ENDED
from models.campaign_draft import Words
from models.errors import Conflict, Invalid, NotFound
from models.repositories import audiences, campaign_audiences, references
from models.repositories.campaigns import Row
from models.repositories.references import References
from models.repositories.templates import VersionCache
from models.sessions import Session

SPEECH = {"template", "content", "category", "data"}
COPIED = (
    *("channel", "category_id", "template_version_id", "content", "data", "audience", "off_hours"),
    *("per_second", "expires_in", "canary", "approval_within", "metadata"),
)


async def created(
    session: Session, application_id: UUID, body: CampaignCreate, versions: VersionCache
) -> dict[str, Any]:
    """The columns of a new draft, but for its audience."""
    words = Words(
        body.template,
        body.content.model_dump(exclude_none=True) if body.content else None,
        body.category,
        body.data,
    )
    campaign_draft.check_time(body.send_at, datetime.now(UTC))
    found = await references.load(session, application_id, words.wanted())
    said = await _said(session, words, body.channel.value, found, versions)
    category = campaign_draft.category_of(words, found)
    return said | {
        "name": body.name,
        "channel": body.channel.value,
        "send_at": body.send_at,
        "off_hours": body.off_hours,
        "per_second": body.per_second,
        "expires_in": campaign_draft.lives(category, body.expires_in),
        "canary": _canary(body.canary),
        "approval_within": timedelta(seconds=body.approval_within),
        "metadata": body.metadata,
    }


async def changed(
    session: Session, campaign: Row, body: CampaignPatch, versions: VersionCache
) -> dict[str, Any]:
    """The columns that an edit changes, but for its audience."""
    given = body.model_fields_set
    changes: dict[str, Any] = {
        name: getattr(body, name)
        for name in ("name", "send_at", "off_hours", "per_second", "metadata")
        if name in given
    }
    campaign_draft.check_time(changes.get("send_at"), datetime.now(UTC))
    if "canary" in given:
        changes["canary"] = _canary(body.canary)
    if "approval_within" in given:
        changes["approval_within"] = timedelta(seconds=body.approval_within)
    if "expires_in" in given:
        changes["expires_in"] = await _life(session, campaign, body)
    if given & SPEECH:
        changes |= await _spoken_anew(session, campaign, body, versions)
    return {name: value for name, value in changes.items() if value != campaign[name]}


async def audience(
    session: Session, application_id: UUID, channel: str, asked: Audience, by: str
) -> dict[str, Any]:
    """As it is kept: recipients become an audience. Of an upload more may come until submission."""
    if asked.recipients is not None:
        people = [recipient.model_dump() for recipient in asked.recipients]
        try:
            id = await audiences.inline(session, application_id, channel, people, by)
        except Invalid as error:
            error.field = f"audience.{error.field}"
            raise
        return {"audience_id": str(id)}
    if asked.audience_id:
        await _check_upload(session, application_id, channel, asked.audience_id)
    return asked.facts()


async def _check_upload(session: Session, application_id: UUID, channel: str, id: UUID) -> None:
    field = "audience.audience_id"
    try:
        found = await audiences.get(session, application_id, id)
    except NotFound:
        raise Invalid("no such audience", field=field, reason="audience_unknown") from None
    if found["channel"] != channel:
        detail = f"the audience is of {found['channel']}, the campaign of {channel}"
        raise Invalid(detail, field=field, reason="audience_of_another_channel")


async def _spoken_anew(
    session: Session, campaign: Row, body: CampaignPatch, versions: VersionCache
) -> dict[str, Any]:
    given, new = body.model_fields_set, bool({"template", "content"} & body.model_fields_set)
    old = {c: locales["default"] for c, locales in (campaign["content"] or {}).items()}
    inline = body.content.model_dump(exclude_none=True) if body.content else None
    words = Words(
        template=body.template if new else campaign["template"],
        content=inline if new else old or None,
        category=body.category if "category" in given else campaign["category"],
        data=body.data if "data" in given else campaign["data"],
    )
    found = await references.load(session, campaign["application_id"], words.wanted())
    return await _said(session, words, campaign["channel"], found, versions)


async def _said(
    session: Session, words: Words, channel: str, found: References, versions: VersionCache
) -> dict[str, Any]:
    contents = await versions.load(session, [t.version_id for t in found.templates.values()])
    return campaign_draft.said(words, channel, found, contents)


async def _life(session: Session, campaign: Row, body: CampaignPatch) -> timedelta:
    words = Words(category=body.category or campaign["category"])
    found = await references.load(session, campaign["application_id"], words.wanted())
    return campaign_draft.lives(campaign_draft.category_of(words, found), body.expires_in)


def _canary(asked: Canary | None) -> dict[str, float] | None:
    """With its defaults: they are a part of what is approved."""
    if asked is None:
        return None
    return {
        "percent": asked.percent,
        "most_failures_percent": asked.most_failures_percent,
    }


async def failed_of(session: Session, campaign: Row, by: str) -> UUID:
    """An audience of those that an ended campaign did not reach; Conflict if there is nobody."""
    if campaign["status"] not in ENDED:
        detail = f"it is {campaign['status']}, not ended"
        raise Conflict(detail, field="status", reason="not_ended")
    id = await campaign_audiences.failed_of(session, campaign, by)
    if id is None:
        raise Conflict(
            "nobody is left to try again: those refused for their own sake are suppressed",
            field="audience",
            reason="nothing_failed",
        )
    return id


def copied(campaign: Row, name: str) -> dict[str, Any]:
    """The columns of a copy."""
    return {
        **{column: campaign[column] for column in COPIED},
        "name": name,
        "send_at": None,
        "copy_of": campaign["id"],
    }
