"""Drafts: from bodies to rows, for making, editing and copying campaigns."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from api.campaign_bodies import CampaignCreate, CampaignPatch
from models import campaign_draft
from models.campaign_draft import Words
from models.repositories import references
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
        "canary": body.canary.model_dump() if body.canary else None,
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
        changes["canary"] = body.canary.model_dump() if body.canary else None
    if "approval_within" in given:
        changes["approval_within"] = timedelta(seconds=body.approval_within)
    if "expires_in" in given and body.expires_in:
        changes["expires_in"] = timedelta(seconds=body.expires_in)
    if given & SPEECH:
        changes |= await _spoken_anew(session, campaign, body, versions)
    return {name: value for name, value in changes.items() if value != campaign[name]}


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


def copied(campaign: Row, name: str) -> dict[str, Any]:
    """The columns of a copy."""
    return {
        **{column: campaign[column] for column in COPIED},
        "name": name,
        "send_at": None,
        "copy_of": campaign["id"],
    }
