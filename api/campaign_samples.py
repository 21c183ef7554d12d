"""Some of a campaign's audience: counted, shown, and rendered as they would be sent."""

from typing import Any
from uuid import UUID

from api.campaign_views import AudienceView, PreviewView, ProblemView, RenderedView
from models.errors import TidingsError
from models.messages import Channel
from models.rendering import content as contents
from models.repositories import campaign_audiences, campaign_snapshots
from models.repositories.campaigns import Row
from models.repositories.templates import Content, VersionCache
from models.sessions import Session

SHOWN = 5


async def audience_view(session: Session, campaign: Row) -> AudienceView:
    """How many a submission would count now, and some of them."""
    counted = await campaign_audiences.count(session, campaign)
    return AudienceView(
        people=counted.people,
        suppressed=counted.suppressed,
        without_contact=counted.without_contact,
        duplicates=counted.rows - counted.people,
        sample=[_shown(row) for row in await some(session, campaign, SHOWN)],
    )


async def preview(
    session: Session, campaign: Row, size: int, versions: VersionCache
) -> PreviewView:
    """Rendered, or why not."""
    version_id = campaign["template_version_id"]
    content = campaign["content"]
    if version_id:
        content = (await versions.load(session, [version_id]))[version_id]
    rows = await some(session, campaign, size)
    return PreviewView(items=[_rendered(campaign, content, row) for row in rows])


async def some(session: Session, campaign: Row, size: int) -> list[Row]:
    """Some of the audience as it is now, from its first to its last."""
    asked = campaign["audience"]
    if "audience_id" in asked:
        id = UUID(asked["audience_id"])
        return list(await campaign_snapshots.sample(session, id, size))
    return await campaign_audiences.some(session, campaign, size)


def _shown(row: Row) -> dict[str, Any]:
    names = ("line", "address", "name", "locale", "data")
    return {"to" if name == "address" else name: row[name] for name in names}


def _rendered(campaign: Row, content: Content, row: Row) -> RenderedView:
    name = {"name": row["name"]} if row["name"] else {}
    data = {**campaign["data"], **name, **row["data"]}
    view = RenderedView(line=row["line"], to=row["address"])
    try:
        rendered = contents.render(content, Channel(campaign["channel"]), row["locale"], data)
    except TidingsError as error:
        field = error.field or "content"
        view.problem = ProblemView(code=error.reason, field=field, detail=str(error)[:300])
    else:
        view.subject, view.html, view.text = rendered.subject, rendered.html, rendered.text
    return view
