"""A campaign's content to a few addresses: notifications of their own, in the campaign's category.

They need no approval and are in none of the campaign's books; their metadata names it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from api import campaign_samples
from api.campaign_bodies import TestSend
from models.acceptance import Accepted, Request, accept
from models.addresses import normalise
from models.messages import Channel
from models.rendering import content as contents
from models.repositories import acceptances, campaigns, references
from models.repositories.acceptances import New
from models.repositories.campaigns import By, Row
from models.repositories.references import References, TemplateRef, Wanted
from models.repositories.templates import Content, VersionCache
from models.sessions import Session
from models.workflow_start import WorkflowStart


@dataclass(frozen=True, slots=True)
class Sent:
    """The notifications, and the start of what sends them: to be offered after the commit."""

    ids: list[UUID]
    start: WorkflowStart


async def send(
    session: Session, campaign: Row, body: TestSend, versions: VersionCache, by: By
) -> Sent:
    """Accept one for each address; the campaign's account tells of it."""
    news = await accepted(session, campaign, body, versions)
    application_id, owner_id = campaign["application_id"], news[0].owner_id or news[0].id
    times = await acceptances.write(session, application_id, news, kind="batch")
    ids = [new.id for new in news]
    detail = {"notifications": [str(id) for id in ids]}
    await campaigns.note(session, campaign["id"], "test_sent", by, detail=detail)
    due_at = times[ids[0]].due_at
    start = acceptances.start_of(application_id, owner_id, news, due_at, kind="batch")
    return Sent(ids, start)


async def accepted(
    session: Session, campaign: Row, body: TestSend, versions: VersionCache
) -> list[New]:
    """One for each address, all of one owner; Invalid names what cannot be sent as it stands."""
    channel = Channel(campaign["channel"])
    to = [normalise(channel, address, f"to.{n}") for n, address in enumerate(body.to)]
    version_id = campaign["template_version_id"]
    content = campaign["content"]
    if version_id:
        content = (await versions.load(session, [version_id]))[version_id]
    variables = contents.check(content)
    data, locale = await _as_for_the_first(session, campaign, variables)
    wanted = Wanted(categories={campaign["category"]})
    found = await references.load(session, campaign["application_id"], wanted)
    known = _of_its_version(campaign, found, variables)
    owner_id = uuid7()

    def one(address: str) -> Accepted:
        request = Request(
            template=campaign["template"],
            content=None if version_id else _inline(content),
            data={**data, **body.data},
            category=campaign["category"],
            addresses={channel.value: address},
            locale=locale,
            channels=(channel.value,),
            metadata={"campaign": str(campaign["id"])},
        )
        return accept(request, known, {version_id: content}, may_raise_priority=False)

    return [New(uuid7(), owner_id, one(address)) for address in dict.fromkeys(to)]


async def _as_for_the_first(
    session: Session, campaign: Row, variables: frozenset[str]
) -> tuple[dict[str, Any], str]:
    """The data and the locale that the first of the audience would have."""
    data: dict[str, Any] = dict(campaign["data"])
    rows: Sequence[Row] = await campaign_samples.some(session, campaign, 1)
    if not rows:
        return data, ""
    row = rows[0]
    own = {"name": row["name"], **row["data"]} if row["name"] else row["data"]
    return data | {n: v for n, v in own.items() if n in variables}, row["locale"]


def _of_its_version(campaign: Row, found: References, variables: frozenset[str]) -> References:
    """The template as the campaign has it: there may be newer versions."""
    if not campaign["template_version_id"]:
        return found
    version_id: UUID = campaign["template_version_id"]
    name = campaign["template"]
    template = TemplateRef(name, version_id, sorted(variables), campaign["category"])
    return References(categories=found.categories, templates={name: template})


def _inline(content: Content) -> Mapping[str, Mapping[str, str]]:
    return {channel: locales["default"] for channel, locales in content.items()}
